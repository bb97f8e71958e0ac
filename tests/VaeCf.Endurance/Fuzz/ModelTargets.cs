using System.Text;
using VaeCf.Baselines;
using VaeCf.Native;
using VaeCf.Native.Data;
using VaeCf.Native.Persistence;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;
using VaeCf.Native.Verification;

namespace VaeCf.Endurance.Fuzz;

/// <summary>What reads models and what belongs to them.</summary>
internal static class ModelTargets
{
    /// <summary>The targets; their files are in <paramref name="folder"/>.</summary>
    public static IEnumerable<FuzzTarget> All(TemporaryFolder folder)
    {
        (byte[][] models, byte[][] checkpoints) = Train(folder["run.checkpoint"]);
        models = [.. models, .. Directory.EnumerateFiles(Repository.PathOf("tests/fixtures/models"), "*.safetensors")
            .Order(StringComparer.Ordinal).Select(File.ReadAllBytes)];
        byte[] Model(Random random) => TensorFileMutation.Of(random, models);
        yield return new("model", Model, input =>
        {
            using Recommender model = Recommender.Load(new MemoryStream(input), SmallData.Device);
            Use(model);
        });
        yield return new("model-file", Model, input =>
        {
            File.WriteAllBytes(folder["model"], input);
            using Recommender model = Recommender.Load(folder["model"], SmallData.Device);
            Use(model);
        });
        yield return new("tensors", random => TensorFileMutation.Of(random, models), input =>
        {
            using var file = new SafeTensors(new MemoryStream(input), "input");
            foreach (TensorInfo tensor in file.Tensors)
                file.Read(tensor, 0, new float[tensor.Length]);
        });
        yield return new("checkpoint", random => Checkpoint(random, checkpoints),
            input => Resume(folder["damaged"], input));
        yield return new("settings", Setting, ReadSettings);
        byte[][] cases = [.. Directory.EnumerateFiles(Repository.PathOf("tests/fixtures/golden"), "*.json")
            .Order(StringComparer.Ordinal).Select(File.ReadAllBytes).Where(bytes => bytes.Length < 50_000)];
        yield return new("case", random => Mutation.Text(random, cases), input =>
        {
            File.WriteAllBytes(folder["case"], input);
            Case.Verify(folder["case"], single: input.Length % 2 == 0);
        });
    }

    private static (byte[][] Models, byte[][] Checkpoints) Train(string path)
    {
        var models = new List<byte[]>();
        var checkpoints = new List<byte[]>();
        foreach (Settings settings in SmallData.Models)
            Train(settings);
        (string first, string second) = ($"{path}.first", $"{path}.second");
        File.WriteAllBytes(first, models[0]);
        File.WriteAllBytes(second, models[^1]);
        Train(Hybrid.Type.Defaults.With(Hybrid.First, first).With(Hybrid.Second, second));
        return ([.. models], [.. checkpoints]);

        void Train(Settings settings)
        {
            using var run = new FitRun(SmallData.SplitFor(settings.Type), settings, SmallData.Device);
            using Recommender model = run.Run(now =>
            {
                if (now.Finished is null)
                    return;
                CheckpointFile.Save(path, run.Capture());
                checkpoints.Add(File.ReadAllBytes(path));
            });
            using var stream = new MemoryStream();
            model.Save(stream);
            models.Add(stream.ToArray());
        }
    }

    private static void Use(Recommender model)
    {
        string[] history = [.. Enumerable.Range(0, Math.Min(3, model.Items.Count)).Select(item => model.Items[item])];
        model.Recommend(history, 5);
        if (model.Items.Count < 2)
            return;
        var users = new Histories(new ClickMatrix(model.Items.Count, [0, 1, 3], [0, 0, 1], [2, 1, 5]));
        model.Rank(users, [0, 1], 2, RankFilter.None, new int[4], new float[4]);
        if (model.Settings.Type.PredictsRatings)
            model.Predict(users, [0, 1], users.Clicks, new float[3]);
    }

    // The enemy can compute a checksum, too.
    private static byte[] Checkpoint(Random random, byte[][] corpus)
    {
        byte[] bytes = TensorFileMutation.Of(random, corpus);
        if (random.Next(8) == 0)
            return bytes;
        try
        {
            using var file = new SafeTensors(new MemoryStream(bytes), "checkpoint");
            var tensors = new List<SavedTensor>();
            string sum = CheckpointFile.Sum(file, tensors.Add);
            using var summed = new MemoryStream();
            SafeTensors.Write(summed,
                [.. file.Metadata.Where(one => one.Key != CheckpointFile.Checksum), new(CheckpointFile.Checksum, sum)],
                [.. tensors.Select(tensor => new TensorInfo(tensor.Name, [.. tensor.Shape]))],
                i => [tensors[i].Values]);
            return summed.ToArray();
        }
        catch (Exception e) when (e is InputException or ArgumentException)
        {
            return bytes;
        }
    }

    private static void Resume(string path, byte[] input)
    {
        File.WriteAllBytes(path, input);
        Checkpoint from = CheckpointFile.Newest(path, out _)!;
        FitRun run;
        try
        {
            Settings own = SmallData.Models.FirstOrDefault(settings => settings.Type == from.Settings.Type)
                ?? from.Settings;
            run = new FitRun(SmallData.SplitFor(own.Type), own, SmallData.Device, from);
        }
        catch (ArgumentException e)
        {
            throw InputException.About(path, e);
        }
        using (run)
            try
            {
                run.Run().Dispose();
            }
            catch (DivergenceException e)
            {
                throw InputException.About(path, e);
            }
    }

    // The model's name, then a setting and its value on each line.
    private static byte[] Setting(Random random)
    {
        byte[][] texts = [.. SmallData.Models.Select(settings => Encoding.UTF8.GetBytes(
            string.Join('\n', [settings.Type.Name, .. settings.Type.Settings
                .Select(setting => $"{setting.Name}={settings.Text(setting)}")])))];
        return Mutation.Text(random, texts);
    }

    private static void ReadSettings(byte[] input)
    {
        string[] lines = Encoding.UTF8.GetString(input).Split('\n');
        Settings settings = Catalog.Find(lines[0]).Defaults;
        try
        {
            foreach (string[] setting in lines[1..].Select(line => line.Split('=', 2)))
                settings = settings.With(setting[0], setting[^1]);
            settings.Check();
        }
        catch (Exception e) when (e is ArgumentException or FormatException)
        {
            throw InputException.About("settings", e);
        }
    }
}
