using ILGPU;

namespace VaeCf.Kernels.Common;

/// <summary>
/// Reductions in a fixed order: over a row by half a warp, in the CPU's order (element i on lane i % 16, the lanes in
/// one tree); over a row by a block of 256 threads; and down 32 columns by a block. Every thread of the block must make
/// the call, and all of them get the result.
/// </summary>
internal static partial class Reduce
{
    private const int WarpSize = 32;

    /// <summary>The sum over the lanes of half a warp.</summary>
    public static float LaneSum(float value)
    {
        value += Warp.ShuffleXor(value, 8);
        value += Warp.ShuffleXor(value, 4);
        value += Warp.ShuffleXor(value, 2);
        return value + Warp.ShuffleXor(value, 1);
    }

    public static float BlockSum(float value)
    {
        var warps = SharedMemory.Allocate<float>(BlockSize / WarpSize);
        float sum = LaneSum(value);
        sum += Warp.ShuffleXor(sum, 16);
        Group.Barrier();
        if (Group.IdxX % WarpSize == 0)
            warps[Group.IdxX / WarpSize] = sum;
        Group.Barrier();
        return (warps[0] + warps[1] + (warps[2] + warps[3])) + (warps[4] + warps[5] + (warps[6] + warps[7]));
    }

    public static float BlockMax(float value)
    {
        var warps = SharedMemory.Allocate<float>(BlockSize / WarpSize);
        for (int distance = WarpSize / 2; distance > 0; distance /= 2)
            value = Ptx.Max(value, Warp.ShuffleXor(value, distance));
        Group.Barrier();
        if (Group.IdxX % WarpSize == 0)
            warps[Group.IdxX / WarpSize] = value;
        Group.Barrier();
        float max = warps[0];
        for (int warp = 1; warp < BlockSize / WarpSize; warp++)
            max = Ptx.Max(max, warps[warp]);
        return max;
    }

    /// <summary>
    /// The sum over the threads that share a column of the block, those with the same X; each is on the lane of its Y,
    /// and the lanes are added in a tree.
    /// </summary>
    public static float ColumnSum(int lane, float value)
    {
        var lanes = SharedMemory.Allocate<float>(Columns * MostColumnLanes);
        int at = lane * Columns + Group.IdxX;
        lanes[at] = value;
        Group.Barrier();
        for (int half = Group.DimY / 2; half > 0; half /= 2)
        {
            if (lane < half)
                lanes[at] += lanes[at + half * Columns];
            Group.Barrier();
        }
        return lanes[Group.IdxX];
    }
}
