using ILGPU;

namespace VaeCf.Kernels.Common;

/// <summary>The loss of one logit, by the CPU's formulas.</summary>
internal interface IGpuLoss
{
    /// <summary>The gradient where nothing was clicked.</summary>
    float Gradient(float logit);

    /// <summary>What an item adds to the loss, clicked or not.</summary>
    float Term(float logit);

    /// <summary>The gradient where there was a click.</summary>
    float AtClick(float logit, float count);

    /// <summary>What a click adds to the loss, on top of the item's term.</summary>
    float ClickLoss(float logit, float count);
}

/// <summary>
/// df = scale (N softmax(f) - x), with factor = scale N / sum exp(f - max); the loss, apart from N (max + ln sum), is
/// -sum x f.
/// </summary>
internal readonly struct MultinomialGpu(float scale, float max, float factor) : IGpuLoss
{
    public float Gradient(float logit) => factor * SimdMath.Exp(new GpuFloat(logit - max)).V;
    public float Term(float logit) => 0;
    public float AtClick(float logit, float count) => Gradient(logit) - scale * count;
    public float ClickLoss(float logit, float count) => -count * logit;
}

/// <summary>
/// df = scale (s(f) - x); loss = sum softplus(f) - sum x f. An item whose count is below 0 is left out.
/// </summary>
internal readonly struct LogisticGpu(float scale) : IGpuLoss
{
    public float Gradient(float logit) => scale * SimdMath.Sigmoid(new GpuFloat(logit)).V;
    public float Term(float logit) => SimdMath.Softplus(new GpuFloat(logit)).V;
    public float AtClick(float logit, float count) =>
        Ptx.Less(count, 0) != 0 ? 0f : Gradient(logit) - scale * count;
    public float ClickLoss(float logit, float count) => Ptx.Less(count, 0) != 0 ? -Term(logit) : -count * logit;
}

/// <summary>
/// df = scale c (o - x) a'(f), o = a(f); loss = sum c/2 (o - x)^2, c = c1 on clicks, else c0.
/// </summary>
internal readonly struct GaussianGpu<TUnit>(float scale, float c1, float c0) : IGpuLoss where TUnit : struct, IUnit
{
    public float Gradient(float logit)
    {
        float o = Output(logit);
        return scale * c0 * o * Slope(o);
    }

    public float Term(float logit)
    {
        float o = Output(logit);
        return 0.5f * c0 * o * o;
    }

    public float AtClick(float logit, float count)
    {
        float o = Output(logit);
        return scale * Weight(count) * (o - count) * Slope(o);
    }

    public float ClickLoss(float logit, float count)
    {
        float o = Output(logit);
        return 0.5f * Weight(count) * (o - count) * (o - count) - 0.5f * c0 * o * o;
    }

    private static float Output(float logit) => TUnit.Value(new GpuFloat(logit)).V;
    private static float Slope(float o) => TUnit.Slope(new GpuFloat(o)).V;
    private float Weight(float count) => Ptx.Less(0, count) != 0 ? c1 : c0;
}

/// <summary>
/// The loss of one user's logits for some items, by a block of <see cref="Reduce.BlockSize"/> threads.
/// </summary>
internal static class RowLossGpu
{
    /// <summary>
    /// Turns the logits at f[row] … f[row + width - 1], those of the items from first on, into gradients, and returns
    /// what they add to the loss to every thread.
    /// </summary>
    /// <param name="loss">The loss and its constants.</param>
    /// <param name="f">Logits.</param>
    /// <param name="row">Where the user's logits begin.</param>
    /// <param name="first">Item of the first logit.</param>
    /// <param name="width">Number of logits.</param>
    /// <param name="start">Where the user's clicks begin; their items ascend.</param>
    /// <param name="end">Where the user's clicks end.</param>
    /// <param name="items">Item of each click.</param>
    /// <param name="counts">What each click counts.</param>
    /// <param name="clickGradients">
    /// One place per click: keeps the gradients at the clicks while the others are computed.
    /// </param>
    public static float Run<TLoss>(TLoss loss, ArrayView<float> f, long row, int first, int width, int start, int end,
        ArrayView<int> items, ArrayView<float> counts, ArrayView<float> clickGradients)
        where TLoss : struct, IGpuLoss
    {
        int from = LowerBound(items, start, end, first), to = LowerBound(items, from, end, first + width);
        float sum = 0;
        for (int n = from + Group.IdxX; n < to; n += Reduce.BlockSize)
        {
            float logit = f[row + (items[n] - first)];
            clickGradients[n] = loss.AtClick(logit, counts[n]);
            sum += loss.ClickLoss(logit, counts[n]);
        }
        Group.Barrier();
        for (int j = Group.IdxX; j < width; j += Reduce.BlockSize)
        {
            float logit = f[row + j];
            sum += loss.Term(logit);
            f[row + j] = loss.Gradient(logit);
        }
        Group.Barrier();
        for (int n = from + Group.IdxX; n < to; n += Reduce.BlockSize)
            f[row + (items[n] - first)] = clickGradients[n];
        return Reduce.BlockSum(sum);
    }

    /// <summary>The greatest of the logits, returned to every thread.</summary>
    public static float Max(ArrayView<float> f, long row, int width)
    {
        float max = float.NegativeInfinity;
        for (int j = Group.IdxX; j < width; j += Reduce.BlockSize)
            max = Ptx.Max(max, f[row + j]);
        return Reduce.BlockMax(max);
    }

    /// <summary>The sum of exp(f - max), returned to every thread.</summary>
    public static float SumExp(ArrayView<float> f, long row, int width, float max)
    {
        float sum = 0;
        for (int j = Group.IdxX; j < width; j += Reduce.BlockSize)
            sum += SimdMath.Exp(new GpuFloat(f[row + j] - max)).V;
        return Reduce.BlockSum(sum);
    }

    /// <summary>The sum of the counts of the clicks start … end - 1, returned to every thread.</summary>
    public static float TotalCount(ArrayView<float> counts, int start, int end)
    {
        float total = 0;
        for (int n = start + Group.IdxX; n < end; n += Reduce.BlockSize)
            total += counts[n];
        return Reduce.BlockSum(total);
    }

    /// <summary>N (max + ln sum), the part of the multinomial loss that all logits share; 0 where N is 0.</summary>
    public static float Normalizer(float total, float max, float sum) =>
        total == 0 ? 0 : total * (max + SimdMath.Log(new GpuFloat(sum)).V);

    /// <summary>The first of start … end - 1 whose item is not below the given one; end if there is none.</summary>
    public static int LowerBound(ArrayView<int> items, int start, int end, int item)
    {
        while (start < end)
        {
            int middle = start + (end - start) / 2;
            if (items[middle] < item)
                start = middle + 1;
            else
                end = middle;
        }
        return start;
    }
}
