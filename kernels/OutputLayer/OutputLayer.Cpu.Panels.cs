using VaeCf.Kernels.Common;

namespace VaeCf.Kernels;

public static partial class OutputLayer
{
    public static unsafe partial class Cpu
    {
        /// <summary>
        /// A matrix cut into panels of 32 columns, each [rows, 32], one after the other. A tile that walks down some
        /// columns then reads memory from first to last: in a matrix of long rows it would skip from row to row, and
        /// rows a power of two apart would crowd into a few sets of a cache.
        /// </summary>
        private static class Panels
        {
            /// <summary>Columns of a panel: those of the widest tile, so that no tile overhangs.</summary>
            public const int Width = 32;

            /// <summary>The number of panels that hold some columns.</summary>
            public static int Count(int columns) => (columns + Width - 1) / Width;

            /// <summary>The columns of all those panels.</summary>
            public static int Columns(int columns) => Count(columns) * Width;

            /// <summary>A column's first element; the next ones are <see cref="Width"/> apart.</summary>
            public static float* Column(float* panels, int rows, int column) =>
                panels + (long)(column / Width) * Width * rows + column % Width;

            /// <summary>Puts rows from … to - 1 of a matrix [rows, columns] into panels.</summary>
            public static void PutRows(float* matrix, int rows, int columns, int from, int to, float* panels)
            {
                for (int row = from; row < to; row++)
                    for (int column = 0; column < columns; column += Width)
                        new ReadOnlySpan<float>(
                            matrix + (long)row * columns + column, Math.Min(Width, columns - column))
                            .CopyTo(new(Column(panels, rows, column) + (long)row * Width, Width));
            }

            /// <summary>
            /// Puts rows from … to - 1 of a matrix [rows, columns] into panels of its transpose [columns, rows].
            /// </summary>
            public static void PutTransposed(float* matrix, int columns, int from, int to, float* panels)
            {
                for (int row = from, end; row < to; row = end)
                {
                    end = Math.Min(to, (row / Width + 1) * Width);
                    TransposedCopy.Run(matrix + (long)row * columns, columns, columns, end - row, end - row,
                        Column(panels, columns, row), Width);
                }
            }
        }
    }
}
