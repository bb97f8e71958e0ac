using System.Numerics;
using VaeCf.Native.Devices.Cuda;

namespace VaeCf.Native.Devices;

public static partial class Operations
{
    /// <summary>Scale times the sum of each user's counts.</summary>
    /// <param name="c">Where to compute.</param>
    /// <param name="batch">The clicks.</param>
    /// <param name="scale">Factor.</param>
    /// <param name="perUser">[B, 1].</param>
    public static void ClicksPerUser(this Compute c, ClickBatch batch, double scale, Tensor perUser)
    {
        perUser.Reshape(batch.UserCount, 1);
        switch (c.Begin())
        {
            case CpuCompute cpu: Totals(cpu[batch], scale, cpu[perUser]); break;
            case CudaCompute cuda:
                cuda.LaunchRows("Batch_Totals", batch.UserCount,
                    cuda[batch].RowStarts, cuda[batch].Counts, cuda[perUser], (float)scale, batch.UserCount);
                break;
            case ReferenceCompute r: Totals(r[batch], scale, r[perUser]); break;
            default: throw c.Lacks(nameof(ClicksPerUser));
        }
    }

    private static void Totals<T>(HostBatch batch, double scale, Span<T> perUser) where T : INumberBase<T>
    {
        for (int user = 0; user < perUser.Length; user++)
        {
            double sum = 0;
            foreach (float count in batch.Counts[batch.RowStarts[user]..batch.RowStarts[user + 1]])
                sum += count;
            perUser[user] = T.CreateTruncating(scale * sum);
        }
    }
}
