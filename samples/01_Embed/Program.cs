// From a file of ratings to recommendations by title: read, split, train, save, load, recommend.
// Run: dotnet run -c Release --project samples/01_Embed [folder with ratings.csv.gz and movies.csv]
// The first run builds the library as well; from then on it takes a few seconds.
using VaeCf.Native.Data;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

string folder = args.Length > 0 ? args[0] : Path.Combine(AppContext.BaseDirectory, "ml-latest-small");
string file = Path.Combine(Path.GetTempPath(), $"embed-{Environment.ProcessId}.safetensors");

// A rating of 4 or 5 is a click; a tenth of the users choose the best epoch, a tenth are left for a test.
ClickData clicks = ClickReader.Read(Path.Combine(folder, "ratings.csv.gz"), new ReadOptions { MinRating = 4 });
(DataSplit split, _) = Splits.StrongGeneralization(clicks);

// Train, and save the best epoch. A small model that learns fast: a few seconds are enough.
Settings settings = MultVae.Type.Defaults.With(Autoencoders.Hidden, [100]).With(Autoencoders.Latent, 50)
    .With(GradientFit.EpochCount, 20).With(GradientFit.BatchSize, 100).With(Autoencoders.LearningRate, 3e-3);
using (var run = new FitRun(split, settings))
using (Recommender trained = run.Run(now =>
    Console.Write(now.Finished is { } epoch ? $"epoch {epoch.Epoch}: NDCG@100 {epoch.Validation:0.000}\n" : "")))
    trained.Save(file);

// Anywhere else: load, and recommend to somebody the model has never seen, given what they liked.
using Recommender model = Recommender.Load(file);
IReadOnlyDictionary<string, string> titles = Titles.Read(Path.Combine(folder, "movies.csv"));
string[] liked = ["1", "260", "1210"];
Console.WriteLine($"\nThose who liked {string.Join("; ", liked.Select(id => titles[id]))} may like:");
foreach (ScoredItem item in model.Recommend(liked, 10).Items)
    Console.WriteLine($"  {titles[item.Item]}");
File.Delete(file);
