using System.IO.Compression;
using System.Text;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Evaluation;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Tests.Training;

namespace VaeCf.Native.Tests.Recommenders;

/// <summary>A trained model saved, loaded, and asked.</summary>
public class RecommenderTests
{
    private static byte[] Saved(Recommender model)
    {
        using var bytes = new MemoryStream();
        model.Save(bytes);
        return bytes.ToArray();
    }

    [Theory]
    [InlineData("multvae")]
    [InlineData("multdae")]
    [InlineData("multvae", true)]
    [InlineData("vamp")]
    [InlineData("hvamp", true)]
    [InlineData("recvae")]
    public void A_loaded_model_is_the_one_that_was_saved(string name, bool gated = false)
    {
        using var folder = new TemporaryFolder();
        string path = folder["model.safetensors"];
        using Recommender model = Small.Trained(name, gated);
        model.Save(path);
        using Recommender loaded = Recommender.Load(path);
        Assert.Equal(model.Settings.ToString(), loaded.Settings.ToString());
        Assert.Equal((name, model.CodeLength), (loaded.Settings.Type.Name, loaded.CodeLength));
        Assert.Equal(model.Info, loaded.Info);
        Recommendations expected = model.Recommend(["100", "103", "105"], 7);
        Recommendations actual = loaded.Recommend(["100", "103", "105"], 7);
        Assert.Equal(expected.Items, actual.Items);
        Assert.Equal(7, actual.Items.Count);
        Assert.Equal(File.ReadAllBytes(path), Saved(loaded));
    }

    [Fact]
    public void A_stream_gives_the_same_bytes_as_a_file_and_stays_open()
    {
        using var folder = new TemporaryFolder();
        using Recommender model = Small.Trained();
        model.Save(folder["model"]);
        using var stream = new MemoryStream();
        model.Save(stream);
        Assert.Equal(File.ReadAllBytes(folder["model"]), stream.ToArray());
        stream.Position = 0;
        using Recommender loaded = Recommender.Load(stream);
        Assert.Equal(model.Recommend(["100"], 5).Items, loaded.Recommend(["100"], 5).Items);
        Assert.Contains("the stream",
            Assert.Throws<InputException>(() => Recommender.Load(new MemoryStream([1, 2, 3]))).Message);
    }

    [Fact]
    public void A_model_is_read_from_where_the_stream_stands_and_what_follows_is_left()
    {
        using Recommender first = Small.Trained(), second = Small.Trained("multdae");
        using var stream = new MemoryStream();
        stream.WriteByte(1);
        first.Save(stream);
        second.Save(stream);
        stream.WriteByte(2);
        stream.Position = 1;
        using Recommender one = Recommender.Load(stream), two = Recommender.Load(stream);
        Assert.Equal(Saved(first), Saved(one));
        Assert.Equal(Saved(second), Saved(two));
        Assert.Equal(2, stream.ReadByte());
    }

    [Fact]
    public void A_model_is_read_from_a_stream_that_cannot_seek()
    {
        using Recommender model = Small.Trained();
        using var packed = new MemoryStream();
        using (var pack = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            model.Save(pack);
        packed.Position = 0;
        using var unpack = new GZipStream(packed, CompressionMode.Decompress);
        using Recommender loaded = Recommender.Load(unpack);
        Assert.Equal(Saved(model), Saved(loaded));
    }

    [Fact]
    public void The_saved_bytes_do_not_depend_on_the_number_of_threads()
    {
        byte[] Trained(int threads)
        {
            using Device device = Device.Cpu(threads);
            using Recommender model = Small.Trained(device: device);
            return Saved(model);
        }
        Assert.Equal(Trained(1), Trained(2));
    }

    [Fact]
    public void Text_ids_survive_a_file()
    {
        var items = new Vocabulary([.. Enumerable.Range(0, 40).Select(i => i == 3 ? "tt\"0\" é" : $"tt{i}")]);
        using Recommender model = Small.Trained(split: Small.TwoTastes() with { Items = items });
        using Recommender loaded = Recommender.Load(new MemoryStream(Saved(model)));
        Assert.Equal(Enumerable.Range(0, 40).Select(i => items[i]),
            Enumerable.Range(0, 40).Select(i => loaded.Items[i]));
        Assert.Empty(loaded.Recommend(["tt\"0\" é"]).UnknownItems);
    }

    [Fact]
    public void A_user_of_one_taste_is_recommended_that_taste_and_nothing_they_have()
    {
        using Recommender model = Small.Trained();
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
        using Recommender model = Small.Trained();
        Recommendations answer = model.Recommend(["100", "7", "x"], 3);
        Assert.Equal(["7", "x"], answer.UnknownItems);
        Assert.Equal(model.Recommend(["100"], 3).Items, answer.Items);
        Assert.Equal(3, model.Recommend(Array.Empty<string>(), 3).Items.Count);
    }

    [Fact]
    public void More_than_the_catalogue_gives_what_is_left_of_it()
    {
        using Recommender model = Small.Trained();
        Assert.Equal(39, model.Recommend(["100"], 1000).Items.Count);
        Assert.Throws<ArgumentOutOfRangeException>(() => model.Recommend(["100"], 0));
    }

    [Fact]
    public void Blocks_and_threads_change_no_metric()
    {
        DataSplit split = Small.TwoTastes();
        byte[] saved;
        using (Recommender model = Small.Trained())
            saved = Saved(model);
        EvaluationReport Evaluate(int block, int threads)
        {
            using Device device = Device.Cpu(threads);
            using Recommender model = Recommender.Load(new MemoryStream(saved), device);
            return Evaluator.Evaluate(model, split.Test!,
                new EvaluationOptions { Cutoffs = [5, 10], BlockSize = block });
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
        using (Recommender model = Small.Trained())
            model.Save(path);
        byte[] whole = File.ReadAllBytes(path);
        foreach (int length in new[] { 0, 4, 100, whole.Length / 2, whole.Length - 1 })
        {
            File.WriteAllBytes(path, whole[..length]);
            Assert.Contains(path, Assert.Throws<InputException>(() => Recommender.Load(path)).Message);
        }
        void Replaced(string text, string by, string message)
        {
            string content = Encoding.Latin1.GetString(whole);
            Assert.Contains(text, content);
            File.WriteAllBytes(path, Encoding.Latin1.GetBytes(content.Replace(text, by.PadRight(text.Length))));
            Assert.Contains(message, Assert.Throws<InputException>(() => Recommender.Load(path)).Message);
        }
        Replaced("vaecf-model-2", "vaecf-model-9", "expected 'vaecf-model-2'");
        Replaced("\\\"latent\\\":8", "\\\"latent\\\":9",
            "found tensor 'decoder.0.weight' of the shape [8, 24]; expected [9, 24]");
        Replaced("\\\"latent\\\":8", "\\\"latent\\\":0", "metadata 'settings': latent is 0; expected a whole number");
        Replaced("\\\"multinomial\\\"", "\\\"multinoxxxx\\\"",
            "likelihood is \"multinoxxxx\"; expected one of multinomial, gaussian");
        Replaced("\\\"multinomial\\\"", "null", "metadata 'settings': likelihood is null; expected one of");
        Replaced("\"multvae\"", "\"multxxx\"", "found the model 'multxxx'; expected one of multvae, multdae");
        Replaced("\"multvae\"", "\"multxxx\"", ", or a type that was added to the catalog");
        Replaced("decoder.1.bias", "decoder.9.bias",
            "found no tensor 'decoder.1.bias'; expected one of the shape [40]");
        Replaced("\\\"train_users\\\"", "\\\"train_xxxxx\\\"", "metadata 'origin': found {");
        Replaced("\"origin\"", "\"xxxxxx\"", "found no metadata 'origin'");
        Assert.Contains("there is no such file",
            Assert.Throws<InputException>(() => Recommender.Load(folder["missing"])).Message);
    }

    [Fact]
    public void A_tensor_too_many_and_a_number_that_is_not_finite_are_refused()
    {
        using Recommender model = Small.Trained("multdae");
        byte[] bytes = Saved(model);
        bytes[^1] = bytes[^2] = 0xff;
        Assert.Contains("found NaN in tensor 'decoder.1.bias'; expected finite numbers",
            Assert.Throws<InputException>(() => Recommender.Load(new MemoryStream(bytes))).Message);
        // A file that says another model than it holds.
        using Recommender deep = Small.Trained("hvamp");
        string text = Encoding.Latin1.GetString(Saved(deep)).Replace("\"hvamp\"", "\"vamp\" ");
        Assert.Contains("found no tensor 'decoder.0.weight'; expected one of the shape [8, 24]",
            Assert.Throws<InputException>(() =>
                Recommender.Load(new MemoryStream(Encoding.Latin1.GetBytes(text)))).Message);
    }
}
