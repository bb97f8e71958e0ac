// A model of your own, in LinearAutoencoder.cs, trained, saved, loaded and asked like those of the library.
// Run: dotnet run -c Release --project samples/05_YourOwnModel [cuda]
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

string folder = Path.Combine(AppContext.BaseDirectory, "ml-latest-small");
string file = Path.Combine(Path.GetTempPath(), $"own-model-{Environment.ProcessId}.safetensors");
using Device device = args is ["cuda"] ? Device.Cuda() : Device.Cpu();

ClickData clicks = ClickReader.Read(Path.Combine(folder, "ratings.csv.gz"), new ReadOptions { MinRating = 4 });
(DataSplit split, _) = Splits.StrongGeneralization(clicks);

Settings settings = LinearAutoencoder.Type.Defaults.With(LinearAutoencoder.Rank, 50).With(GradientFit.EpochCount, 20);
Console.WriteLine($"{settings} on {device.Description}");
using (var run = new FitRun(split, settings, device))
using (Recommender trained = run.Run(now =>
    Console.Write(now.Finished is { } epoch ? $"epoch {epoch.Epoch}: NDCG@100 {epoch.Validation:0.000}\n" : "")))
    trained.Save(file);

// A file names its model; the catalog leads from the name to the code.
Catalog.Add(LinearAutoencoder.Type);
using Recommender model = Recommender.Load(file, device);
IReadOnlyDictionary<string, string> titles = Titles.Read(Path.Combine(folder, "movies.csv"));
string[] liked = ["1", "260", "1210"];
Console.WriteLine($"\nThose who liked {string.Join("; ", liked.Select(id => titles[id]))} may like:");
foreach (ScoredItem item in model.Recommend(liked, 10).Items)
    Console.WriteLine($"  {titles[item.Item]}");
Console.WriteLine($"\nMost like {titles["260"]}: {titles[model.Similar("260", 1)[0].Item]}");
File.Delete(file);
