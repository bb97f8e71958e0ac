namespace VaeCf.Native.Data;

/// <summary>How a split was made, and what was dropped on the way.</summary>
/// <param name="Protocol">
/// Strong generalisation, weak generalisation, leave-one-out, ratings, or that it was read from a folder.
/// </param>
/// <param name="Settings">The settings it was made with, by name.</param>
/// <param name="Sources">What was read, and what was dropped, before the split.</param>
public sealed record SplitReport(string Protocol, IReadOnlyList<(string Name, string Value)> Settings,
    IReadOnlyList<ReadReport> Sources)
{
    /// <summary>Items with too few clicks; they are dropped first.</summary>
    public int ItemsBelowMinimum { get; init; }

    /// <summary>Users with too few clicks after the items were dropped.</summary>
    public int UsersBelowMinimum { get; init; }

    /// <summary>Clicks of the dropped items and users.</summary>
    public long ClicksBelowMinimum { get; init; }

    /// <summary>Users without a training click, where all parts have the same users; they stay.</summary>
    public int UsersNotInTraining { get; init; }

    /// <summary>Items without a training click. Strong generalisation drops them; elsewhere they stay.</summary>
    public int ItemsNotInTraining { get; init; }

    /// <summary>Clicks dropped with those items.</summary>
    public long ClicksNotInTraining { get; init; }

    /// <summary>Validation and test users dropped because no click of theirs was left.</summary>
    public int HeldOutUsersWithoutClicks { get; init; }

    /// <summary>Rows of validation and test that have no targets; they stay, and are left out of the metrics.</summary>
    public int HeldOutUsersWithoutTargets { get; init; }

    /// <summary>Targets dropped because the same user's fold-in has the item already.</summary>
    public long TargetsInFoldIn { get; init; }

    /// <summary>Clicks merged into another of the same user and item.</summary>
    public long Repeated { get; init; }

    /// <summary>What was read, how it was split and what was dropped, as the command prints them.</summary>
    public override string ToString() => string.Concat(Sources.Select(source => $"{source}{Environment.NewLine}"))
        + string.Join(", ", (IEnumerable<string>)[Protocol,
            .. Settings.Select(setting => $"{TextTable.Words(setting.Name)} {setting.Value}")])
        + TextTable.Counts(Counts);

    /// <summary>All counts by name, for tables and files.</summary>
    public IReadOnlyList<(string Name, long Count)> Counts =>
    [
        ("itemsBelowMinimum", ItemsBelowMinimum), ("usersBelowMinimum", UsersBelowMinimum),
        ("clicksBelowMinimum", ClicksBelowMinimum), ("usersNotInTraining", UsersNotInTraining),
        ("itemsNotInTraining", ItemsNotInTraining),
        ("clicksNotInTraining", ClicksNotInTraining), ("heldOutUsersWithoutClicks", HeldOutUsersWithoutClicks),
        ("heldOutUsersWithoutTargets", HeldOutUsersWithoutTargets), ("targetsInFoldIn", TargetsInFoldIn),
        ("repeated", Repeated),
    ];
}
