using VaeCf.Native;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Baselines.Tests;

/// <summary>What the tests of several fits and their models hold them to.</summary>
internal static class Fits
{
    /// <summary>
    /// A run that goes on from the state after any step, with any number of threads, ends with the same bits.
    /// </summary>
    /// <param name="run">A run on a device, from a checkpoint or, where it is null, from the beginning.</param>
    /// <returns>How many states there were: one more than steps.</returns>
    public static int AssertGoesOnFromAnyStep(Func<Device, Checkpoint?, FitRun> run)
    {
        var checkpoints = new List<Checkpoint>();
        using (Device device = Device.Cpu(2))
        using (FitRun whole = run(device, null))
            for (checkpoints.Add(whole.Capture()); !whole.Fit.IsDone; checkpoints.Add(whole.Capture()))
                whole.Fit.Step();
        for (int step = 0; step < checkpoints.Count; step++)
        {
            using Device device = Device.Cpu(1 + step % 3);
            using FitRun resumed = run(device, checkpoints[step]);
            while (!resumed.Fit.IsDone)
                resumed.Fit.Step();
            Assert.Equal(checkpoints[^1].Model.SelectMany(tensor => tensor.Values),
                resumed.Capture().Model.SelectMany(tensor => tensor.Values));
        }
        return checkpoints.Count;
    }

    /// <summary>A model that knows its users is refused with the ids of others.</summary>
    /// <param name="model">A model of 31 users.</param>
    public static void AssertRefusesOtherUsers(Recommender model)
    {
        using Device device = Device.Cpu(1);
        using Compute c = device.Open();
        NamedTensor[] tensors = [.. model.CopyTensors().Select(tensor =>
        {
            Tensor copy = c.Allocate(tensor.Shape.Count == 1 ? 1 : (int)tensor.Shape[0], (int)tensor.Shape[^1]);
            c.Write(tensor.Values, copy);
            return new NamedTensor(tensor.Name, copy, tensor.Shape.Count == 1);
        })];
        ModelData data = ModelData.HandOver(model.Settings, model.Items, model.Info, tensors, users: Clicks.Ids(3));
        Assert.Contains("found the ids of 3 users; expected 31",
            Assert.Throws<InputException>(() => model.Settings.Type.Load(data, device)).Message);
    }
}
