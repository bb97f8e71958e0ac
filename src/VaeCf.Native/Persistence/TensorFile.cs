namespace VaeCf.Native.Persistence;

/// <summary>Tensors in a safetensors file, for other programs.</summary>
public static class TensorFile
{
    /// <summary>Writes tensors aside and renames the file over <paramref name="path"/>.</summary>
    /// <param name="path">The file, by custom <c>….safetensors</c>.</param>
    /// <param name="tensors">Names, shapes and values, row-major.</param>
    /// <exception cref="ArgumentException">A name repeats, or values do not fill their shape.</exception>
    /// <exception cref="InputException">The folder does not exist.</exception>
    public static void Save(string path, IReadOnlyList<(string Name, long[] Shape, float[] Values)> tensors) =>
        AtomicFile.Write(path, stream => SafeTensors.Write(stream, [],
            [.. tensors.Select(tensor => new TensorInfo(tensor.Name, tensor.Shape))], i => [tensors[i].Values]));
}
