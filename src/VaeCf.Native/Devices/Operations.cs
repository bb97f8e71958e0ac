using System.Runtime.CompilerServices;

namespace VaeCf.Native.Devices;

/// <summary>
/// The operations that models are made of. Each runs on every device: its file <c>kernels/OP/OP.Dispatch.cs</c> states
/// the rule for the shapes once and then calls the device's kernel. Letters: B users in the batch, I items, H and Z
/// units, N clicks of the batch; dX is the gradient of X. Outputs come last; they are overwritten, and the call sets
/// their rows, unless it says otherwise. An operation throws <see cref="ArgumentException"/> where the shapes do not
/// fit or a tensor is another device's, <see cref="NotSupportedException"/> where the device lacks it, and
/// <see cref="ObjectDisposedException"/> where the device or the compute is disposed.
/// </summary>
public static partial class Operations
{
    /// <summary>Throws unless a tensor has the shape that an operation expects.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="rows">Rows expected.</param>
    /// <param name="columns">Columns expected.</param>
    /// <param name="name">The tensor's name in the message.</param>
    /// <exception cref="ArgumentException">It has another shape.</exception>
    public static void Expect(this Tensor tensor, int rows, int columns,
        [CallerArgumentExpression(nameof(tensor))] string name = "")
    {
        if (tensor.Rows != rows || tensor.Columns != columns)
            throw new ArgumentException($"{tensor.Rows} x {tensor.Columns}, expected {rows} x {columns}", name);
    }

    /// <summary>Sets the rows of an output, whose columns are given.</summary>
    /// <param name="tensor">The tensor; if memory has to grow, its contents are undefined afterwards.</param>
    /// <param name="rows">Its rows from now on.</param>
    /// <param name="columns">Columns expected.</param>
    /// <param name="name">The tensor's name in the message.</param>
    /// <exception cref="ArgumentException">It has other columns.</exception>
    public static void Reshape(this Tensor tensor, int rows, int columns,
        [CallerArgumentExpression(nameof(tensor))] string name = "")
    {
        if (tensor.Columns != columns)
            throw new ArgumentException($"{tensor.Columns} columns, expected {columns}", name);
        tensor.Resize(rows);
    }

    private static void Expect(this AdamUpdate update, int rows, int columns)
    {
        update.Value.Expect(rows, columns);
        update.M.Expect(rows, columns);
        update.V.Expect(rows, columns);
    }
}
