// Your own file: name its columns, read what became of its rows, train on all of it, recommend; and what a mistake in
// the file looks like.
// Run: dotnet run -c Release --project samples/02_YourOwnCsv [FILE USER_COLUMN ITEM_COLUMN]
using VaeCf.Native;
using VaeCf.Native.Data;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

bool own = args.Length == 3;
string file = own ? args[0] : Path.Combine(AppContext.BaseDirectory, "orders.csv");

// Columns with common names, such as user_id and item_id, are found without help. These have a shop's own names, so the
// two that matter are named; "" says that no column holds ratings or counts, and each row is a click.
var options = new ReadOptions
{
    UserColumn = own ? args[1] : "customer",
    ItemColumn = own ? args[2] : "tea",
    RatingColumn = "",
};
ClickData clicks = ClickReader.Read(file, options);

// Read this before you train on anything: how many rows there were, what was dropped, and why.
Console.WriteLine(clicks);

// So few customers cannot be held out for a validation: train on all of them, for a number of epochs of your choice.
Settings settings = MultVae.Type.Defaults.With(Autoencoders.Hidden, [16]).With(Autoencoders.Latent, 4)
    .With(GradientFit.EpochCount, 150).With(GradientFit.BatchSize, 10).With(Autoencoders.LearningRate, 0.01);
using var run = new FitRun(DataSplit.All(clicks), settings);
using Recommender model = run.Run();

// Whoever took the first item of the file, what else? A history may have ids that the model does not know.
string first = own ? clicks.Items[0] : "sencha";
Recommendations answer = model.Recommend([first, "no such item"], k: 3);
Console.WriteLine($"\nTo somebody who took {first}: {string.Join(", ", answer.Items.Select(item => item.Item))}");
Console.WriteLine($"Not known: {string.Join(", ", answer.UnknownItems)}");

// A row that has lost a field is not skipped: the message says where it stands and what was expected.
string broken = Path.Combine(Path.GetTempPath(), $"broken-{Environment.ProcessId}.csv");
File.WriteAllLines(broken, [.. File.ReadLines(file).Take(3), "oops"]);
try
{
    ClickReader.Read(broken, options);
}
catch (InputException e)
{
    Console.WriteLine($"\nA broken file: {e.Message}");
}
File.Delete(broken);
