using VaeCf.Kernels.Common;

namespace VaeCf.Native.Devices;

/// <summary>
/// This machine's CPU. Its team of threads serves one turn at a time; other turns meanwhile run on their own threads
/// alone.
/// </summary>
internal sealed class CpuDevice(int threads) : Device
{
    private CpuCompute? holder;

    /// <summary>The team of threads.</summary>
    public Workers Team { get; } = Start(threads);

    public override string Description => $"cpu, {Team.Count} thread{(Team.Count == 1 ? "" : "s")}, {VectorWidth.Name}";

    public override CpuCompute Open() => new(this);

    private protected override int NumberSize => sizeof(float);

    private protected override void Take(Compute compute)
    {
        var cpu = (CpuCompute)compute;
        if (Interlocked.CompareExchange(ref holder, cpu, null) is not null)
            cpu.Workers = Workers.One;
    }

    private protected override void GiveBack(Compute compute)
    {
        ((CpuCompute)compute).Workers = Team;
        Interlocked.CompareExchange(ref holder, null, (CpuCompute)compute);
    }

    private protected override void Free() => Team.Dispose();

    private static Workers Start(int threads)
    {
        try
        {
            return new Workers(threads);
        }
        // What .NET throws where the system has no thread to give.
        catch (Exception e) when (e is OutOfMemoryException or ThreadStartException)
        {
            throw new DeviceException($"the system gives this process fewer than {threads} threads; "
                + "expected a smaller number of threads, or a higher limit");
        }
    }
}
