using System.Text.Json;

namespace VaeCf.Native.Verification;

/// <summary>Reads the JSON files of cases written by another program.</summary>
internal static class CaseFile
{
    /// <summary>Opens and parses a case and hands its root to <paramref name="read"/>.</summary>
    /// <exception cref="InputException">
    /// The file cannot be read, is not JSON, or lacks something that <paramref name="read"/> needs.
    /// </exception>
    public static T Read<T>(string path, Func<JsonElement, T> read)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            using JsonDocument document = JsonDocument.Parse(file);
            return read(document.RootElement);
        }
        catch (JsonException e)
        {
            throw new InputException(path, (e.LineNumber ?? 0) + 1, "no valid JSON", "a verification case");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw InputException.About(path, e);
        }
        catch (Exception e) when (e is ArgumentException or KeyNotFoundException)
        {
            throw InputException.About($"{path}: not a verification case of this kind", e);
        }
        catch (IndexOutOfRangeException e)
        {
            throw new InputException($"{path}: not a verification case of this kind: an index, or a shape, leads "
                + "beyond the numbers it is for", e);
        }
        catch (Exception e) when (e is InvalidOperationException or FormatException or OverflowException)
        {
            throw new InputException($"{path}: not a verification case of this kind: a value is of another kind", e);
        }
    }

    /// <summary>A member of an object, which must be there.</summary>
    /// <exception cref="KeyNotFoundException">It is not; the message names it.</exception>
    public static JsonElement Member(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out JsonElement member)
        ? member
        : throw new KeyNotFoundException($"'{name}' is missing");

    /// <summary>A number that an object must have.</summary>
    public static double Number(JsonElement parent, string name) => Member(parent, name).GetDouble();

    /// <summary>A tensor <c>{"shape": […], "data": […]}</c>, row-major.</summary>
    public static (int[] Shape, double[] Data) Tensor(JsonElement tensor)
    {
        int[] shape = Integers(Member(tensor, "shape"));
        double[] data = [.. Member(tensor, "data").EnumerateArray().Select(x => x.GetDouble())];
        if (shape.Any(length => length < 0)
            || data.Length != shape.Aggregate(1L, (product, length) => product * length))
            throw new ArgumentException($"{data.Length} numbers for the shape [{string.Join(", ", shape)}]");
        return (shape, data);
    }

    /// <summary>A list of integers.</summary>
    public static int[] Integers(JsonElement list) => [.. list.EnumerateArray().Select(x => x.GetInt32())];
}
