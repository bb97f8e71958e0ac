// A run that shows how far it is, can be stopped at any time, and goes on later as if nothing had happened.
// Run: dotnet run -c Release --project samples/03_ProgressAndCancel      (and press Ctrl-C if you like)
using VaeCf.Native.Data;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

string file = Path.Combine(AppContext.BaseDirectory, "ml-latest-small", "ratings.csv.gz");
(DataSplit split, _) = Splits.StrongGeneralization(ClickReader.Read(file, new ReadOptions { MinRating = 4 }));
Settings settings = MultVae.Type.Defaults.With(Autoencoders.Hidden, [50]).With(Autoencoders.Latent, 20)
    .With(GradientFit.EpochCount, 12).With(GradientFit.BatchSize, 100).With(Autoencoders.LearningRate, 3e-3);

// Ctrl-C asks the run to stop instead of ending the program. It stops after the step it is in.
using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, e) =>
{
    e.Cancel = true;
    stop.Cancel();
};

// The first run: nobody may be there to press Ctrl-C, so it is stopped after the fifth epoch.
Checkpoint checkpoint;
using (var run = new FitRun(split, settings))
using (Recommender soFar = run.Run(now =>
{
    Show(now);
    if (now.Finished is { Epoch: 5 })
        stop.Cancel();
}, stop.Token))
{
    // A run that was stopped still gives a model: that of the best epoch so far.
    Console.WriteLine($"stopped after {run.Fit.Position.Step} steps; the best epoch so far is {soFar.Info.Epoch}");
    checkpoint = run.Capture();   // CheckpointFile.Save(path, checkpoint) keeps it for another day
}

// The second run goes on where the first was stopped, and ends with the same bits as one that never was.
using var resumed = new FitRun(split, settings, from: checkpoint);
using Recommender model = resumed.Run(Show);
using var whole = new FitRun(split, settings);
using Recommender reference = whole.Run();
bool same = model.CopyTensors().SelectMany(tensor => tensor.Values)
    .SequenceEqual(reference.CopyTensors().SelectMany(tensor => tensor.Values));
Console.WriteLine($"best epoch {model.Info.Epoch}; {(same ? "the same bits as" : "not the same as")} a run in one go");

// Called after every step, on the thread that trains: be quick, and hand anything slow to another thread.
static void Show(FitProgress now)
{
    if (now.Finished is { } epoch)
        Console.WriteLine($"{now.Share,4:P0}  epoch {epoch.Epoch,2} of {now.Epochs}  loss {epoch["loss"]:0.0}  NDCG "
            + $"{epoch.Validation:0.000}  {now.UsersPerSecond:0} users/s  {now.Remaining.TotalSeconds:0} s left");
}
