namespace VaeCf.Native.Recommenders;

/// <summary>Which items an answer may hold.</summary>
public sealed record RecommendOptions
{
    /// <summary>
    /// Ids of items that may not be recommended; ids that the model does not know are ignored. Null, the default, for
    /// none.
    /// </summary>
    public IEnumerable<string>? Exclude { get; init; }

    /// <summary>
    /// Ids of the only items that may be recommended; ids that the model does not know are ignored. Null, the default,
    /// for all.
    /// </summary>
    public IEnumerable<string>? Only { get; init; }

    /// <summary>Whether items of the history may be recommended too; false by default.</summary>
    public bool SeenToo { get; init; }
}
