using VaeCf.Native.Data;

namespace VaeCf.Native.Evaluation;

/// <summary>How <see cref="Evaluator.Evaluate"/> measures.</summary>
public sealed record EvaluationOptions
{
    /// <summary>
    /// List lengths to measure at, each at least 1, in any order; by default 20, 50 and 100. A length above the number
    /// of items measures the whole ranking.
    /// </summary>
    public IReadOnlyList<int> Cutoffs { get; init; } = [20, 50, 100];

    /// <summary>
    /// Users ranked at once, at least 1; 512 by default. Memory grows with it; results do not depend on it.
    /// </summary>
    public int BlockSize { get; init; } = 512;

    /// <summary>
    /// Training clicks, from which <see cref="CutoffMetrics.Novelty"/> is computed; null, the default, leaves novelty
    /// out.
    /// </summary>
    public ClickMatrix? Train { get; init; }

    /// <summary>
    /// Whether to measure at which rank the very next item is, the first of a user's targets; false by default. The
    /// order of the clicks must be known, and no target may be earlier than a click of the fold-in.
    /// </summary>
    public bool NextItem { get; init; }

    /// <summary>Ends the evaluation before the next block of users.</summary>
    public CancellationToken CancellationToken { get; init; }
}
