using System.Numerics.Tensors;
using MathNet.Numerics.LinearAlgebra.Single;
using VaeCf.Kernels;
using VaeCf.Kernels.Common;
using VaeCf.Native.Data;

namespace VaeCf.Bench;

/// <summary>
/// Kernels beside managed libraries that do the same work, on one thread: System.Numerics.Tensors and MathNet.Numerics.
/// </summary>
internal static class RooflinePeers
{
    private const string Tensors = "System.Numerics.Tensors", MathNet = "MathNet.Numerics";

    public static Table NewTable() =>
        new("peers", "Managed peers, one thread", new("work", "work"), new("shape", "shape"), new("peer", "peer"),
            new("oursMs", "ours, median ms"), new("peerMs", "peer, median ms"), new("ratio", "peer / ours"));

    public static void Fill(Table table, Shapes s, int budget)
    {
        void Row(string work, string shape, string peer, Action ours, Action theirs)
        {
            Times[] times = Measure.Compare(budget, [ours, theirs]);
            table.Add(work, shape, peer, times[0].Median, times[1].Median, times[1].Median / times[0].Median);
        }

        // Few enough items for the slower libraries to finish in time.
        int items = Math.Min(s.I, 2_000), bh = s.B * s.H, bi = s.B * items, ih = items * s.H;
        ClickMatrix clicks = Synthetic.PowerLaw(items).Clicks(s.B);
        int[] starts = [.. clicks.RowStarts.ToArray().Select(start => (int)start)], clicked = clicks.Items.ToArray();
        var ones = new float[clicked.Length];
        Array.Fill(ones, 1);
        var perUser = new float[s.B];
        using AlignedBuffer x = Numbers.Normal(bh), w = Numbers.Normal(ih), logits = new(bi),
            bias = Numbers.Normal(Math.Max(items, s.H));
        Workers one = Workers.One;
        string forward = $"{s.B} x {items} x {s.H}", output = $"{s.B} x {items}";

        void Ours() => Gemm.Cpu.Multiply(one, Transpose.B, s.B, items, s.H, x.Span, w.Span, logits.Span);
        Row("Gemm, B transposed, as rows' dot products", forward, $"{Tensors} Dot", Ours, () =>
        {
            for (int user = 0; user < s.B; user++)
                for (int item = 0; item < items; item++)
                    logits.Span[user * items + item] = TensorPrimitives.Dot<float>(
                        x.Span.Slice(user * s.H, s.H), w.Span.Slice(item * s.H, s.H));
        });
        // Column-major: the same numbers are the transposed matrices, and the transposed product is W x^T.
        global::MathNet.Numerics.Control.UseManaged();
        global::MathNet.Numerics.Control.UseSingleThread();
        DenseMatrix left = new(s.H, items, w.Span.ToArray()), right = new(s.H, s.B, x.Span.ToArray()),
            product = new(items, s.B);
        Row("Gemm, B transposed", forward, $"{MathNet}, managed", Ours,
            () => left.TransposeThisAndMultiply(right, product));

        Row("Bias and tanh", $"{s.B} x {s.H}", $"{Tensors} Add, Tanh",
            () => Tanh.Cpu.Forward(one, s.B, s.H, x.Span, bias.Span[..s.H]),
            () =>
            {
                for (int user = 0; user < s.B; user++)
                {
                    Span<float> row = x.Span.Slice(user * s.H, s.H);
                    TensorPrimitives.Add<float>(row, bias.Span[..s.H], row);
                    TensorPrimitives.Tanh<float>(row, row);
                }
            });
        Row("Sum of squares", $"{items} x {s.H}", $"{Tensors} SumOfSquares", () => SquaredNorm.Cpu.Sum(one, w.Span),
            () => TensorPrimitives.SumOfSquares<float>(w.Span));
        Row("Bias", output, $"{Tensors} Add", () => Bias.Cpu.Add(one, s.B, items, logits.Span, bias.Span[..items]),
            () =>
            {
                for (int user = 0; user < s.B; user++)
                {
                    Span<float> row = logits.Span.Slice(user * items, items);
                    TensorPrimitives.Add<float>(row, bias.Span[..items], row);
                }
            });
        // The peer gives only the gradient, N softmax(f) - x; ours gives the loss too.
        Row("Multinomial loss and its gradient", output, $"{Tensors} SoftMax, Multiply (no loss)",
            () => LogSoftmax.Cpu.MultinomialLoss(one, s.B, items, logits.Span, starts, clicked, ones, 1, perUser),
            () =>
            {
                for (int user = 0; user < s.B; user++)
                {
                    Span<float> row = logits.Span.Slice(user * items, items);
                    TensorPrimitives.SoftMax<float>(row, row);
                    TensorPrimitives.Multiply(row, starts[user + 1] - starts[user], row);
                    for (int n = starts[user]; n < starts[user + 1]; n++)
                        row[clicked[n]]--;
                }
            });
    }
}
