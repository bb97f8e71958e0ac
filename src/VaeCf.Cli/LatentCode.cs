using System.Text.Json;
using VaeCf.Native.Data;
using VaeCf.Native.Recommenders;

namespace VaeCf.Cli;

/// <summary>A number of a code, and the items whose clicks go with it.</summary>
/// <param name="Dimension">Its place in the code, from 1.</param>
/// <param name="Variance">Its variance over users.</param>
/// <param name="Items">The items that it correlates with most, the highest first.</param>
internal sealed record CodeDimension(int Dimension, double Variance,
    IReadOnlyList<(int Item, double Correlation)> Items);

/// <summary>
/// Which numbers of a model's code are in use: those whose variance over users is above a threshold (Burda et al. 2016,
/// section 5.2). The others say the same of every user.
/// </summary>
/// <param name="Users">The users encoded.</param>
/// <param name="Variances">The variance of each number of the code over them, the greatest first.</param>
/// <param name="Active">Those in use, the greatest variance first.</param>
internal sealed record LatentCode(int Users, IReadOnlyList<double> Variances, IReadOnlyList<CodeDimension> Active)
{
    /// <summary>A variance above it counts as in use, as in the paper.</summary>
    public const double Threshold = 0.01;

    // Enough for a correlation of 0.02 to stand out; the memory for the codes stays small.
    private const int MostUsers = 10_000, Block = 512, ItemsEachWay = 3;

    /// <summary>Encodes users, the first of them where there are many; null for a model without codes.</summary>
    public static LatentCode? Of(Recommender model, Histories users, CancellationToken stop)
    {
        int length = model.CodeLength, count = Math.Min(users.Clicks.UserCount, MostUsers);
        if (length == 0 || count < 2)
            return null;
        var codes = new float[(long)count * length];
        foreach (int[] rows in Enumerable.Range(0, count).Chunk(Block))
        {
            stop.ThrowIfCancellationRequested();
            model.Encode(users, rows, codes.AsSpan(rows[0] * length, rows.Length * length));
        }
        // Standardized from here on.
        double[] variances = [.. Enumerable.Range(0, length).Select(place => Standardize(codes, place, length))];
        int[] order = [.. Enumerable.Range(0, length).OrderByDescending(place => variances[place])];
        double[] loadings = Correlations(codes, length, users.Clicks, count);
        return new(count, [.. order.Select(place => variances[place])],
            [.. order.Where(place => variances[place] > Threshold).Select(place =>
                new CodeDimension(place + 1, variances[place], Extremes(loadings, place, length)))]);
    }

    // Takes the mean from a column and divides by its standard deviation; returns the variance.
    private static double Standardize(float[] codes, int place, int length)
    {
        double sum = 0, squares = 0;
        for (int i = place; i < codes.Length; i += length)
            sum += codes[i];
        double mean = sum / (codes.Length / length);
        for (int i = place; i < codes.Length; i += length)
            squares += (codes[i] - mean) * (codes[i] - mean);
        double variance = squares / (codes.Length / length - 1), scale = variance > 0 ? 1 / Math.Sqrt(variance) : 0;
        for (int i = place; i < codes.Length; i += length)
            codes[i] = (float)((codes[i] - mean) * scale);
        return variance;
    }

    // Of each item's clicks with each number of the code: with n of N users who clicked it and z of mean 0 and variance
    // 1, sum of their z / sqrt(n (N - n) (N - 1) / N). [items, length]
    private static double[] Correlations(float[] codes, int length, ClickMatrix clicks, int users)
    {
        var sums = new double[(long)clicks.ItemCount * length];
        var clicked = new int[clicks.ItemCount];
        for (int user = 0; user < users; user++)
            foreach (int item in clicks.ItemsOf(user))
            {
                clicked[item]++;
                for (int place = 0; place < length; place++)
                    sums[(long)item * length + place] += codes[user * length + place];
            }
        for (int item = 0; item < clicked.Length; item++)
        {
            double scale = clicked[item] == 0 || clicked[item] == users ? 0
                : 1 / Math.Sqrt((double)clicked[item] * (users - clicked[item]) * (users - 1) / users);
            for (int place = 0; place < length; place++)
                sums[(long)item * length + place] *= scale;
        }
        return sums;
    }

    // The items of the highest and of the lowest correlations.
    private static (int, double)[] Extremes(double[] loadings, int place, int length)
    {
        (int Item, double Correlation)[] sorted = [.. Enumerable.Range(0, loadings.Length / length)
            .Select(item => (item, loadings[(long)item * length + place])).OrderByDescending(one => one.Item2)];
        return sorted.Length <= 2 * ItemsEachWay ? sorted : [.. sorted[..ItemsEachWay], .. sorted[^ItemsEachWay..]];
    }

    /// <summary>Writes it as a JSON object.</summary>
    /// <param name="json">Where to.</param>
    /// <param name="items">The items' ids.</param>
    /// <param name="titles">Title by id; null where none are known.</param>
    public void WriteJson(Utf8JsonWriter json, Vocabulary items, IReadOnlyDictionary<string, string>? titles)
    {
        json.WriteStartObject();
        json.WriteNumber("users", Users);
        json.WriteNumber("threshold", Threshold);
        json.WriteStartArray("variances");
        foreach (double variance in Variances)
            json.WriteNumberValue(variance);
        json.WriteEndArray();
        json.WriteStartArray("active");
        foreach (CodeDimension one in Active)
        {
            json.WriteStartObject();
            json.WriteNumber("dimension", one.Dimension);
            json.WriteNumber("variance", one.Variance);
            json.WriteStartArray("items");
            foreach ((int item, double correlation) in one.Items)
            {
                json.WriteStartObject();
                json.WriteString("item", items[item]);
                if (titles?.GetValueOrDefault(items[item]) is { } title)
                    json.WriteString("title", title);
                json.WriteNumber("correlation", correlation);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
