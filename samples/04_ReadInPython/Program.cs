// Trains a Mult-VAE, saves it for read_model.py beside this file, and prints what the script must print too.
// Run: dotnet run -c Release --project samples/04_ReadInPython model.safetensors
//      python3 samples/04_ReadInPython/read_model.py model.safetensors 1 260 1210
// The script needs NumPy: pip install numpy
using System.Globalization;
using VaeCf.Native.Data;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

if (args is not [string file])
{
    Console.Error.WriteLine("expected one argument, the file to save the model to, such as model.safetensors");
    return 2;
}
string ratings = Path.Combine(AppContext.BaseDirectory, "ml-latest-small", "ratings.csv.gz");
(DataSplit split, _) = Splits.StrongGeneralization(ClickReader.Read(ratings, new ReadOptions { MinRating = 4 }));
Settings settings = MultVae.Type.Defaults.With(Autoencoders.Hidden, [50]).With(Autoencoders.Latent, 20)
    .With(GradientFit.EpochCount, 10).With(GradientFit.BatchSize, 100).With(Autoencoders.LearningRate, 3e-3);
using var run = new FitRun(split, settings);
using Recommender model = run.Run();
model.Save(file);
foreach ((string item, float score) in model.Recommend(["1", "260", "1210"]).Items)
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{item} {score:0.0000}"));
return 0;
