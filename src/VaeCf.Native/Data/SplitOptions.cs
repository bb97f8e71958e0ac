namespace VaeCf.Native.Data;

/// <summary>Which of a user's clicks are shown to the model, and which are to be found.</summary>
public enum FoldInOrder
{
    /// <summary>At random. Flatters: what is to be found lies among what was seen.</summary>
    Random,
    /// <summary>The earliest are shown, the latest are to be found; needs timestamps. Clicks of the same time are in random order.</summary>
    Time,
}

/// <summary>Settings of <see cref="Splits.StrongGeneralization"/>.</summary>
public sealed record StrongOptions
{
    /// <summary>Users with fewer clicks are dropped; at least 1.</summary>
    public int MinClicksPerUser { get; init; } = 5;

    /// <summary>Items with fewer clicks are dropped, before users are counted; 0 keeps all.</summary>
    public int MinClicksPerItem { get; init; }

    /// <summary>Users of the validation set, and as many of the test set. Null: a tenth of the users each, at least 1 and at most 10,000.</summary>
    public int? HeldOutUsers { get; init; }

    /// <summary>Share of a held-out user's clicks that are targets, rounded down; above 0, below 1.</summary>
    public double HeldOutShare { get; init; } = 0.2;

    /// <summary>Which clicks are the fold-in.</summary>
    public FoldInOrder FoldIn { get; init; }

    /// <summary>Seed of the choice of users and of clicks.</summary>
    public ulong Seed { get; init; } = 98765;
}

/// <summary>Settings of <see cref="Splits.LeaveOneOut"/>.</summary>
public sealed record LeaveOneOutOptions
{
    /// <summary>Users with fewer clicks are dropped; at least 3, one each for training, validation and test.</summary>
    public int MinClicksPerUser { get; init; } = 5;

    /// <summary>Items with fewer clicks are dropped, before users are counted; 0 keeps all.</summary>
    public int MinClicksPerItem { get; init; }

    /// <summary>Whether the last clicks in time are the targets, or any.</summary>
    public FoldInOrder FoldIn { get; init; } = FoldInOrder.Time;

    /// <summary>Seed of the choice of clicks, and of the order of clicks of the same time.</summary>
    public ulong Seed { get; init; } = 98765;
}
