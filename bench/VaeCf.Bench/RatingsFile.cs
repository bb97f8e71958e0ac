using System.Buffers.Text;
using VaeCf.Kernels;

namespace VaeCf.Bench;

/// <summary>
/// Writes a file shaped like MovieLens's ratings.csv: its header, its columns, its mix of ratings, and about 27 bytes a
/// row.
/// </summary>
internal static class RatingsFile
{
    // MovieLens-20M: 138,493 users with at least 20 ratings, 26,744 films with ids up to 131,262, of which the first
    // 9,000 have few gaps; as popularity falls with the id here, ids begin high enough for rows of the same length.
    private const int RowsPerUser = 144, LeastRows = 20, Films = 26_744, FirstId = 1_000, DenseFilms = 8_000,
        IdStep = 6;
    private const int RowBytes = 64, BufferBytes = 1 << 20, FirstTime = 950_000_000, TimeSpan = 450_000_000;

    // Shares of the ratings 0.5, 1, … 5, in thousandths, summed.
    private static ReadOnlySpan<int> RatingShares => [12, 46, 60, 132, 176, 391, 501, 779, 855, 1_000];

    private static ReadOnlySpan<byte> RatingTexts => "0.51.01.52.02.53.03.54.04.55.0"u8;

    /// <summary>Writes the file and returns its size in bytes.</summary>
    public static long Write(string path, int rows)
    {
        Synthetic films = Synthetic.PowerLaw(Films, LeastRows, RowsPerUser);
        int[] mark = new int[Films];
        int[] drawn = new int[Films];
        byte[] buffer = new byte[BufferBytes];
        using FileStream file = new(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        file.Write("userId,movieId,rating,timestamp\n"u8);
        int used = 0, left = rows;
        for (int user = 0; left > 0; user++)
        {
            Span<int> row = drawn.AsSpan(0, films.CountOf(user));
            films.Draw(user, row, mark);
            var random = new RandomSequence(new RandomStream(1, RandomPurpose.Split, 2), (uint)user);
            int time = FirstTime + random.NextBelow(TimeSpan);
            foreach (int film in row[..Math.Min(row.Length, left)])
            {
                if (used > BufferBytes - RowBytes)
                    Flush();
                Number(user + 1, (byte)',');
                Number(FirstId + film + Math.Max(0, film - DenseFilms) * IdStep, (byte)',');
                RatingTexts.Slice(3 * Rating(random.NextBelow(1_000)), 3).CopyTo(buffer.AsSpan(used));
                buffer[used + 3] = (byte)',';
                used += 4;
                Number(time + random.NextBelow(10_000), (byte)'\n');
            }
            left -= Math.Min(row.Length, left);
        }
        Flush();
        return file.Length;

        void Number(int value, byte end)
        {
            Utf8Formatter.TryFormat(value, buffer.AsSpan(used), out int written);
            used += written;
            buffer[used++] = end;
        }
        void Flush()
        {
            file.Write(buffer, 0, used);
            used = 0;
        }
    }

    private static int Rating(int thousandth)
    {
        int place = 0;
        while (RatingShares[place] <= thousandth)
            place++;
        return place;
    }
}
