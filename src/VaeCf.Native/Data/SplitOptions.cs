namespace VaeCf.Native.Data;

/// <summary>Which of a user's clicks the model is shown, and which are held out.</summary>
public enum FoldInOrder
{
    /// <summary>
    /// At random. The measures come out too high, for the held-out clicks lie between those that were shown.
    /// </summary>
    Random,
    /// <summary>
    /// The earliest are shown, the latest are held out; needs timestamps. Clicks of the same time are in random order.
    /// </summary>
    Time,
}

/// <summary>Settings of <see cref="Splits.StrongGeneralization"/>.</summary>
public sealed record StrongOptions
{
    /// <summary>Users with fewer clicks are dropped; at least 1, by default 5.</summary>
    public int MinClicksPerUser { get; init; } = 5;

    /// <summary>Items with fewer clicks are dropped, before users are counted; 0, the default, keeps all.</summary>
    public int MinClicksPerItem { get; init; }

    /// <summary>
    /// Number of users of the validation set, and of the test set. Null, the default: a tenth of the users each, at
    /// least 1 and at most 10,000.
    /// </summary>
    public int? HeldOutUsers { get; init; }

    /// <summary>
    /// Share of a held-out user's clicks that are targets, rounded down; above 0, below 1, by default 0.2.
    /// </summary>
    public double HeldOutShare { get; init; } = 0.2;

    /// <summary>Which clicks are the fold-in; by default random ones.</summary>
    public FoldInOrder FoldIn { get; init; }

    /// <summary>Seed of the choice of users and of clicks; 98765 by default.</summary>
    public ulong Seed { get; init; } = 98765;
}

/// <summary>Settings of <see cref="Splits.LeaveOneOut"/>.</summary>
public sealed record LeaveOneOutOptions
{
    /// <summary>
    /// Users with fewer clicks are dropped; at least 3, one each for training, validation and test; by default 5.
    /// </summary>
    public int MinClicksPerUser { get; init; } = 5;

    /// <summary>Items with fewer clicks are dropped, before users are counted; 0, the default, keeps all.</summary>
    public int MinClicksPerItem { get; init; }

    /// <summary>Whether the targets are the last clicks in time, as by default, or random ones.</summary>
    public FoldInOrder FoldIn { get; init; } = FoldInOrder.Time;

    /// <summary>Seed of the choice of clicks, and of the order of clicks of the same time; 98765 by default.</summary>
    public ulong Seed { get; init; } = 98765;
}

/// <summary>Settings of <see cref="Splits.ByTime"/>.</summary>
public sealed record TimedOptions
{
    /// <summary>Users with fewer clicks are dropped; at least 1, by default 5.</summary>
    public int MinClicksPerUser { get; init; } = 5;

    /// <summary>Items with fewer clicks are dropped, before users are counted; 0, the default, keeps all.</summary>
    public int MinClicksPerItem { get; init; }

    /// <summary>
    /// The time from which clicks are the test's; null, the default: the one that <see cref="HeldOutShare"/> gives. The
    /// share of the others that is for validation is then the test's share of all.
    /// </summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>
    /// Share of the clicks, the latest, that are for the test, and of those before them for validation; above 0, below
    /// 1, by default 0.1. Clicks of one time are not cut apart, so there may be more.
    /// </summary>
    public double HeldOutShare { get; init; } = 0.1;
}
