using System.Numerics.Tensors;
using VaeCf.Baselines;
using VaeCf.Kernels;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Native.Tests.Training;

/// <summary>Small data and small models, for tests that train.</summary>
internal static class Small
{
    /// <summary>The autoencoders by name.</summary>
    public static IReadOnlyList<string> Models { get; } = ["multvae", "multdae", "vamp", "hvamp", "recvae"];

    private static readonly (string Setting, string Value)[] small =
    [
        ("epochs", "4"), ("batch", "40"), ("hidden", "24"), ("latent", "8"), ("components", "7"), ("seed", "5"),
        ("factors", "6"), ("widths", "24"), ("units", "9"), ("embedding", "12"), ("state", "10"),
        ("validate_every", "1"), ("likelihood", "multinomial"),
    ];

    /// <summary>
    /// Every model of the library and of the baselines, by name; none that another test has added to the catalog, nor
    /// any that is made from files, which is tested beside it.
    /// </summary>
    public static TheoryData<string> Catalogue()
    {
        Catalog.Add(BaselineModels.All);
        return [.. Catalog.All.Where(type => type.Fit.Method.Module.Assembly != typeof(Small).Assembly)
            .Where(type => !type.Settings.Any(setting => setting is Setting<string>)).Select(type => type.Name)];
    }

    /// <summary>A model of the catalog at its defaults, but small, and for clicks with counts too.</summary>
    public static Settings Sized(string model)
    {
        Catalog.Add(BaselineModels.All);
        ModelType type = Catalog.Find(model);
        return small.Where(given => type.Find(given.Setting) is not null)
            .Aggregate(type.Defaults, (settings, given) => settings.With(given.Setting, given.Value));
    }

    /// <summary>The bytes of a model's file.</summary>
    public static byte[] Bytes(this Recommender model)
    {
        using var stream = new MemoryStream();
        model.Save(stream);
        return stream.ToArray();
    }

    /// <summary>Mult-VAE, 24 hidden and 8 latent units; of 230 users the last of its batches of 40 has 30.</summary>
    public static Settings MultVae { get; } = Of("multvae").With(Autoencoders.WeightDecay, 0);

    /// <summary>Users of two tastes: a user of taste t clicks items of the half t, the earlier the likelier.</summary>
    public static DataSplit TwoTastes(int trainUsers = 230, int items = 40, int heldOut = 30)
    {
        var random = new RandomSequence(new RandomStream(9, RandomPurpose.Split, 0));
        ClickMatrix train = Draw(trainUsers, ref random);
        return new DataSplit(new Vocabulary([.. Enumerable.Range(100, items).Select(id => (long)id)]), train,
            Held(ref random), Held(ref random));

        ClickMatrix Draw(int users, ref RandomSequence random)
        {
            var starts = new List<long> { 0 };
            var columns = new List<int>();
            for (int user = 0; user < users; user++)
            {
                var row = new SortedSet<int>();
                while (row.Count < 6)
                    row.Add(user % 2 * (items / 2)
                        + Math.Min(random.NextBelow(items / 2), random.NextBelow(items / 2)));
                columns.AddRange(row);
                starts.Add(columns.Count);
            }
            return new ClickMatrix(items, [.. starts], [.. columns]);
        }

        EvaluationSet Held(ref RandomSequence random)
        {
            ClickMatrix all = Draw(heldOut, ref random);
            ClickMatrix Every(int from, int count) => new(items,
                [.. Enumerable.Range(0, heldOut + 1).Select(user => (long)user * count)],
                [.. Enumerable.Range(0, heldOut).SelectMany(user => all.ItemsOf(user).Slice(from, count).ToArray())]);
            return new EvaluationSet(Every(0, 4), Every(4, 2));
        }
    }

    /// <summary>
    /// What a model is trained on: the split, or for one that predicts ratings, the same with ratings and users' ids.
    /// </summary>
    public static DataSplit For(string model, DataSplit split)
    {
        if (!Catalog.Find(model).PredictsRatings)
            return split;
        EvaluationSet? Rated(EvaluationSet? set) =>
            set is null ? null : set with { FoldIn = Counted(set.FoldIn), HeldOut = Counted(set.HeldOut) };
        return split with
        {
            Train = split.Train.HasValues ? split.Train : Counted(split.Train),
            Validation = Rated(split.Validation),
            Test = Rated(split.Test),
            TrainUsers = new([.. Enumerable.Range(0, split.Train.UserCount).Select(id => (long)id)]),
        };
    }

    // Counts from 1 to 5.
    private static ClickMatrix Counted(ClickMatrix clicks) => new(clicks.ItemCount, clicks.RowStarts.ToArray(),
        clicks.Items.ToArray(), [.. Enumerable.Range(0, (int)clicks.ClickCount).Select(i => 1f + i * 7 % 5)]);

    /// <summary>The same clicks with counts from 1 to 5, in training and of the users held out.</summary>
    public static DataSplit TwoTastesWithCounts()
    {
        DataSplit split = TwoTastes();
        EvaluationSet Held(EvaluationSet set) => set with { FoldIn = Counted(set.FoldIn) };
        return split with
        {
            Train = Counted(split.Train),
            Validation = Held(split.Validation!),
            Test = Held(split.Test!),
        };
    }

    /// <summary>
    /// The shape of a model, with a multinomial likelihood unless another is given; its other settings are its own.
    /// </summary>
    public static Settings Shape(string model, int[] hidden, int latent, int components,
        Likelihood likelihood = Likelihood.Multinomial, bool gated = false)
    {
        Settings settings = Catalog.Find(model).Defaults.With(Autoencoders.Likelihood, likelihood)
            .With(Autoencoders.Hidden, hidden).With(Autoencoders.Latent, latent);
        if (settings.Has(Autoencoders.Gated))
            settings = settings.With(Autoencoders.Gated, gated);
        return settings.Has(Autoencoders.Components) ? settings.With(Autoencoders.Components, components) : settings;
    }

    /// <summary>
    /// A small model of any kind, of four epochs, trained as Mult-VAE's paper does or as Kim and Suh's code.
    /// </summary>
    public static Settings Of(string model, bool gated = false, bool asKimAndSuh = false)
    {
        int[] hidden = model is "hvamp" or "recvae" ? [24, 24] : [24];
        Settings settings = Shape(model, hidden, latent: 8, components: 7, gated: gated)
            .With(Autoencoders.WeightDecay, 1e-3).With(GradientFit.EpochCount, 4).With(GradientFit.BatchSize, 40)
            .With(GradientFit.Seed, 5ul).With(Autoencoders.LearningRate, 3e-3)
            .With(Autoencoders.WeightStart, asKimAndSuh ? WeightStart.HeNormal : WeightStart.Xavier)
            .With(Autoencoders.NormalizeGradients, asKimAndSuh).With(FitRun.ValidateEvery, 1).With(FitRun.Patience, 50);
        if (settings.Has(Autoencoders.Components))
            settings = settings.With(Autoencoders.PseudoInputStart,
                asKimAndSuh ? PseudoInputStart.Data : PseudoInputStart.Random);
        return !settings.Has(Autoencoders.BetaCap) ? settings : settings.With(Autoencoders.BetaCap, 0.2)
            .With(Autoencoders.AnnealSteps, null).With(Autoencoders.WarmUpEpochs, asKimAndSuh ? 3 : null);
    }

    /// <summary>A model of ten epochs.</summary>
    public static Recommender Trained(string model = "multvae", bool gated = false, DataSplit? split = null,
        Device? device = null)
    {
        Settings settings = Of(model, gated, asKimAndSuh: gated).With(Autoencoders.WeightDecay, 1e-5)
            .With(GradientFit.EpochCount, 10).With(GradientFit.BatchSize, 50);
        using var run = new FitRun(split ?? TwoTastes(), settings, device);
        return run.Run();
    }

    /// <summary>The numbers of a tensor, row by row.</summary>
    public static float[] Flat(this ReadOnlyTensorSpan<float> tensor)
    {
        var numbers = new float[tensor.FlattenedLength];
        tensor.FlattenTo(numbers);
        return numbers;
    }
}
