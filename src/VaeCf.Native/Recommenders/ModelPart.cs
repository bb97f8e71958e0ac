namespace VaeCf.Native.Recommenders;

/// <summary>A model that another is made of, and that its file holds.</summary>
/// <param name="Name">Its name in the other: a word in lower case, without a dot.</param>
/// <param name="Model">The model, on the same items and the same device; the other disposes it.</param>
public sealed record ModelPart(string Name, Recommender Model)
{
    /// <summary>The models within models that are read, at most.</summary>
    internal const int MostDepth = 4;

    /// <summary>What the names of its tensors and metadata begin with in the file of the other.</summary>
    internal static string Prefix(string name) => name + ".";
}
