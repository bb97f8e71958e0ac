using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Networks;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Tests.Evaluation;
using VaeCf.Native.Tests.Training;
using VaeCf.Native.Training;

namespace VaeCf.Native.Tests.Docs;

/// <summary>The operations that run when something is done with a small model, in their order.</summary>
internal static class RanOn
{
    /// <summary>The plain step of an autoencoder, all noise given.</summary>
    public static List<string> PlainStep(string model)
    {
        int[] hidden = model == "recvae" ? [4, 4] : [4];
        using Device device = Device.Reference();
        using Compute c = device.Open();
        using Autoencoder network = Autoencoder.Create(c, Small.Shape(model, hidden, latent: 3, components: 2), 6);
        using ClickBatch batch = c.AllocateBatch();
        network.Initialize(3);
        c.Load(Sets.Clicks(6, [0, 2, 5], [1]), [0, 1], batch);
        network.DrawNoise(batch, 7, 0);
        foreach (ClickMask mask in network.Noises.OfType<ClickMask>())
            mask.Give(c, new double[batch.ClickCount]);
        List<string> operations = [];
        device.Began = operations.Add;
        network.Forward(batch);
        network.Loss(batch);
        network.Backward(batch, beta: 0.2);
        return operations;
    }

    /// <summary>Training a model of the catalog, without validation, and then a recommendation.</summary>
    public static (List<string> Training, List<string> Ranking) Model(string model)
    {
        List<string> training = [], ranking = [];
        using Device device = Device.Cpu(2);
        DataSplit split = Small.For(model, Small.TwoTastes()) with { Validation = null, Test = null };
        device.Began = training.Add;
        using var run = new FitRun(split, Small.Sized(model), device);
        using Recommender recommender = run.Run();
        device.Began = ranking.Add;
        if (recommender.Settings.Type.KeepsUsers && recommender.Users is { } users)
            recommender.Rank(new Histories(split.Train, split.TrainUsers), [0], 5, RankFilter.None, new int[5], []);
        else
            recommender.Rank(new Histories(split.Train), [0], 5, RankFilter.None, new int[5], []);
        return (training, ranking);
    }
}
