namespace VaeCf.Native.Persistence;

/// <summary>Tensors in a safetensors file, for other programs.</summary>
public static class TensorFile
{
    /// <summary>Writes tensors aside and renames the file over <paramref name="path"/>.</summary>
    /// <param name="path">The file, by custom <c>….safetensors</c>.</param>
    /// <param name="tensors">Names, shapes and values, row-major.</param>
    /// <exception cref="ArgumentException">A name repeats, or values do not fill their shape.</exception>
    /// <exception cref="InputException">The file cannot be written.</exception>
    public static void Save(string path, IReadOnlyList<(string Name, long[] Shape, float[] Values)> tensors) =>
        AtomicFile.Write(path, stream => SafeTensors.Write(stream, [],
            [.. tensors.Select(tensor => new TensorInfo(tensor.Name, tensor.Shape))], i => [tensors[i].Values]));

    /// <summary>Whether a file holds just these tensors, as <see cref="Save"/> writes them.</summary>
    /// <param name="path">A regular file.</param>
    /// <param name="names">The names of the tensors, in order.</param>
    public static bool Holds(string path, params ReadOnlySpan<string> names)
    {
        try
        {
            using var file = new SafeTensors(path);
            return file.Metadata.Count == 0
                && file.Tensors.Select(tensor => tensor.Name).ToArray().AsSpan().SequenceEqual(names);
        }
        catch (InputException)
        {
            return false;
        }
    }
}
