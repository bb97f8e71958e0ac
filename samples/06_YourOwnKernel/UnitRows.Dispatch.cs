using VaeCf.Native.Devices;

namespace YourOwnKernel;

public static partial class UnitRows
{
    /// <summary>y_b = x_b / |x_b|.</summary>
    /// <param name="c">Where to compute.</param>
    /// <param name="x">[B, H].</param>
    /// <param name="y">[B, H]; may be x.</param>
    public static void ToUnitRows(this Compute c, Tensor x, Tensor y)
    {
        y.Reshape(x.Rows, x.Columns); // The rule for the shapes, once for every device.
        switch (c)
        {
            case CpuCompute cpu: Cpu.Forward(cpu.Workers, x.Rows, x.Columns, cpu[x], cpu[y]); break;
            case ReferenceCompute r: Reference.Forward(x.Rows, x.Columns, r[x], r[y]); break;
            default: throw c.Lacks(nameof(ToUnitRows)); // A GPU, for instance: it says so, and nothing else happens.
        }
    }

    /// <summary>dX = (dY - y (y . dY)) / |x|, row by row, with y = x / |x|.</summary>
    /// <param name="c">Where to compute.</param>
    /// <param name="x">[B, H]: what <see cref="ToUnitRows"/> read.</param>
    /// <param name="dY">[B, H]: the gradient of y.</param>
    /// <param name="dX">[B, H]; may be dY.</param>
    public static void ToUnitRowsGradient(this Compute c, Tensor x, Tensor dY, Tensor dX)
    {
        dY.Expect(x.Rows, x.Columns);
        dX.Reshape(x.Rows, x.Columns);
        switch (c)
        {
            case CpuCompute cpu: Cpu.Backward(cpu.Workers, x.Rows, x.Columns, cpu[x], cpu[dY], cpu[dX]); break;
            case ReferenceCompute r: Reference.Backward(x.Rows, x.Columns, r[x], r[dY], r[dX]); break;
            default: throw c.Lacks(nameof(ToUnitRowsGradient));
        }
    }
}
