using System.Text.Json.Nodes;
using VaeCf.Native.Devices;
using VaeCf.Native.Data;
using VaeCf.Native.Evaluation;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Persistence;
using VaeCf.Native.Tests.Training;
using VaeCf.Native.Training;

namespace VaeCf.Native.Tests.Recommenders;

public class ModelTests
{
    private static Model Trained(ModelKind kind = ModelKind.MultVae, int threads = 2, Vocabulary? items = null, bool gated = false)
    {
        DataSplit split = TrainerTests.TwoTastes();
        split = split with { Items = items ?? split.Items };
        Device device = Device.Cpu(threads);
        using var trainer = new Trainer(split, new ModelConfig { Kind = kind, Gated = gated, Components = 6, Hidden = [24], Latent = 8, WeightDecay = 1e-5 },
            new TrainingOptions { Epochs = 10, BatchSize = 50, LearningRate = 3e-3, WarmUpEpochs = gated ? 4 : null, NormalizeGradients = gated, WeightStart = gated ? WeightStart.HeNormal : default, PseudoInputStart = gated ? PseudoInputStart.Data : default }, device);
        return trainer.Run();
    }

    [Theory]
    [InlineData(ModelKind.MultVae)]
    [InlineData(ModelKind.MultDae)]
    [InlineData(ModelKind.MultVae, true)]
    [InlineData(ModelKind.Vamp)]
    [InlineData(ModelKind.HVamp, true)]
    [InlineData(ModelKind.RecVae)]
    public void A_loaded_model_is_the_one_that_was_saved(ModelKind kind, bool gated = false)
    {
        using var folder = new TemporaryFolder();
        string path = folder["model.safetensors"];
        using Model model = Trained(kind, gated: gated);
        model.Save(path);
        using Model loaded = Model.Load(path);
        Assert.Equal(model.Config.Hidden, loaded.Config.Hidden);
        Assert.Equal(model.Config with { Hidden = loaded.Config.Hidden }, loaded.Config);
        Assert.Equal(model.Info, loaded.Info);
        Recommendations expected = model.Recommend(["100", "103", "105"], 7), actual = loaded.Recommend(["100", "103", "105"], 7);
        Assert.Equal(expected.Items, actual.Items);
        Assert.Equal(7, actual.Items.Count);
    }

    [Fact]
    public void A_file_from_before_the_family_loads_as_it_was_meant()
    {
        using var folder = new TemporaryFolder();
        using Model model = Trained();
        model.Save(folder["new"]);
        using (var file = new SafeTensors(folder["new"]))
        {
            string Without(string text, params string[] keys)
            {
                JsonNode root = JsonNode.Parse(text)!;
                Assert.All(keys, key => Assert.True(root.AsObject().Remove(key), key));
                return root.ToJsonString();
            }
            KeyValuePair<string, string>[] metadata = [.. file.Metadata.Select(entry => KeyValuePair.Create(entry.Key, entry.Key switch
            {
                "config" => Without(entry.Value, "gated", "components"),
                "training" => Without(entry.Value, "weight_start", "pseudo_input_start", "normalize_gradients"),
                _ => entry.Value,
            }))];
            TensorInfo[] tensors = [.. file.Tensors];
            using FileStream old = File.Create(folder["old"]);
            SafeTensors.Write(old, metadata, tensors, i =>
            {
                var values = new float[tensors[i].Length];
                file.Read(tensors[i], values);
                return values;
            });
        }
        using Model loaded = Model.Load(folder["old"]);
        Assert.Equal(model.Info, loaded.Info);
        Assert.Equal(ModelKind.MultVae, loaded.Config.Kind);
        Assert.False(loaded.Config.Gated);
        Assert.Equal(model.Recommend(["100", "103"], 7).Items, loaded.Recommend(["100", "103"], 7).Items);
    }

    [Fact]
    public void The_saved_bytes_do_not_depend_on_the_number_of_threads()
    {
        using var folder = new TemporaryFolder();
        byte[] Saved(int threads)
        {
            using Model model = Trained(threads: threads);
            model.Save(folder["model"]);
            return File.ReadAllBytes(folder["model"]);
        }
        Assert.Equal(Saved(1), Saved(2));
    }

    [Fact]
    public void Text_ids_survive_a_file()
    {
        using var folder = new TemporaryFolder();
        var items = new Vocabulary([.. Enumerable.Range(0, 40).Select(i => i == 3 ? "tt\"0\" é" : $"tt{i}")]);
        using Model model = Trained(items: items);
        model.Save(folder["model"]);
        using Model loaded = Model.Load(folder["model"]);
        Assert.Equal(Enumerable.Range(0, 40).Select(i => items[i]), Enumerable.Range(0, 40).Select(i => loaded.Items[i]));
        Assert.Empty(loaded.Recommend(["tt\"0\" é"]).UnknownItems);
    }

    [Fact]
    public void A_user_of_one_taste_is_recommended_that_taste_and_nothing_they_have()
    {
        using Model model = Trained();
        string[] history = ["100", "101", "104"];
        Recommendations answer = model.Recommend(history, 5);
        Assert.All(answer.Items, item => Assert.InRange(int.Parse(item.Item), 100, 119));
        Assert.Empty(answer.Items.Select(item => item.Item).Intersect(history));
        Assert.Equal(answer.Items.OrderByDescending(item => item.Score), answer.Items);
        Assert.Equal(answer.Items, model.Recommend(history.Reverse().Append("100"), 5).Items);
    }

    [Fact]
    public void Unknown_ids_are_reported_and_do_not_count()
    {
        using Model model = Trained();
        Recommendations answer = model.Recommend(["100", "7", "x"], 3);
        Assert.Equal(["7", "x"], answer.UnknownItems);
        Assert.Equal(model.Recommend(["100"], 3).Items, answer.Items);
        Assert.Equal(3, model.Recommend([], 3).Items.Count);
    }

    [Fact]
    public void More_than_the_catalogue_gives_what_is_left_of_it()
    {
        using Model model = Trained();
        Assert.Equal(39, model.Recommend(["100"], 1000).Items.Count);
        Assert.Throws<ArgumentOutOfRangeException>(() => model.Recommend(["100"], 0));
    }

    [Fact]
    public void Blocks_and_threads_change_no_metric()
    {
        DataSplit split = TrainerTests.TwoTastes();
        using var folder = new TemporaryFolder();
        using (Model model = Trained())
            model.Save(folder["model"]);
        EvaluationReport Evaluate(int block, int threads)
        {
            using Device device = Device.Cpu(threads);
            using Model model = Model.Load(folder["model"], device);
            return Evaluator.Evaluate(model, split.Test!, new EvaluationOptions { Cutoffs = [5, 10], BlockSize = block });
        }
        IReadOnlyList<CutoffMetrics> expected = Evaluate(30, 1).Cutoffs;
        foreach ((int block, int threads) in new[] { (1, 1), (7, 2), (13, 3) })
            Assert.Equal(expected, Evaluate(block, threads).Cutoffs);
    }

    [Fact]
    public void A_file_that_is_not_a_whole_model_is_refused_with_what_was_found()
    {
        using var folder = new TemporaryFolder();
        string path = folder["model"];
        using (Model model = Trained())
            model.Save(path);
        byte[] whole = File.ReadAllBytes(path);
        foreach (int length in new[] { 0, 4, 100, whole.Length / 2, whole.Length - 1 })
        {
            File.WriteAllBytes(path, whole[..length]);
            Assert.Contains(path, Assert.Throws<InputException>(() => Model.Load(path)).Message);
        }
        void Replaced(string text, string by, string message)
        {
            string content = System.Text.Encoding.Latin1.GetString(whole).Replace(text, by);
            File.WriteAllBytes(path, System.Text.Encoding.Latin1.GetBytes(content));
            Assert.Contains(message, Assert.Throws<InputException>(() => Model.Load(path)).Message);
        }
        Replaced("vaecf-model-1", "vaecf-model-9", "expected 'vaecf-model-1'");
        Replaced("\\\"latent\\\":8", "\\\"latent\\\":9", "encoder.1.weight");
        Replaced("\\\"latent\\\":8", "\\\"latent\\\":0", "Latent is 0");
        Replaced("MultVae", "MultXxx", "metadata 'config'");
        Assert.Contains("cannot be opened", Assert.Throws<InputException>(() => Model.Load(folder["missing"])).Message);
    }
}
