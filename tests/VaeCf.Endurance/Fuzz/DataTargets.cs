using System.IO.Compression;
using System.Text;
using VaeCf.Native.Data;
using VaeCf.Parquet;

namespace VaeCf.Endurance.Fuzz;

/// <summary>What reads clicks, splits and titles.</summary>
internal static class DataTargets
{
    private const int MostBytes = 3000;

    // Stands before the name of each file of a split in one input.
    private const string FileMark = "@@@ ";

    private static readonly string[] handmade =
    [
        "userId,movieId,rating,timestamp\n1,31,2.5,1260759144\n1,1029,3.0,1260759179\n7,31,4,851868750\n",
        "uid,sid,count\n0,1,3\n0,2,1\n1,1,12\n",
        "{\"user\":\"a\",\"item\":\"x\\u00e9\",\"rating\":5,\"time\":\"2020-01-31\",\"more\":{\"a\":[1,2]}}\n"
            + "{\"user\":\"b\",\"item\":7,\"rating\":2.5,\"time\":\"2020-02-01\",\"more\":null}\n",
        "1:\n1488844,3,2005-09-06\n822109,5,2005-05-13\n2:\n1488844,4,2005-09-05\n",
        "user_id:token\titem_id:token\trating:float\ttimestamp:float\n1\t2\t3\t4\n196\t242\t3\t881250949\n",
        "a\tx,100:y,200\nb\tx,150\n",
        "0 12 40 7\n3 12\n4 7 9\n",
        "3 12 40 7\n1 12\n2 7 9\n",
        "1::31::2.5::1260759144\n1::32::4::1260759145\n",
        "user;item;rating\n\"a;\"\"b\";\"x\ny\";4,5\n\"c\";z;1,5\n",
        "user|item\n'a'|\"\\\"x\"|\n",
    ];

    /// <summary>The targets; their files are in <paramref name="folder"/>.</summary>
    public static IEnumerable<FuzzTarget> All(TemporaryFolder folder)
    {
        byte[][] texts = [.. Directory.EnumerateFiles(Repository.PathOf("tests/fixtures/cases"), "*",
                SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .Where(file => Path.GetExtension(file) is ".csv" or ".tsv" or ".txt" or ".inter" or ".dat" or ".data")
            .Select(file => Cut(File.ReadAllBytes(file))), .. handmade.Select(Encoding.UTF8.GetBytes)];
        byte[] Clicks(Random random) => [(byte)random.Next(256), .. Mutation.Text(random, texts)];
        yield return new("clicks", Clicks, input => ClickReader.Read(new MemoryStream(input[1..]), Options(input[0])));
        yield return new("clicks-file", Clicks, input =>
        {
            File.WriteAllBytes(folder["clicks"], input[1..]);
            ClickReader.Read(folder["clicks"], Options(input[0]));
        });
        yield return new("packed", random => Packed(random, texts),
            input => ClickReader.Read(new MemoryStream(input[1..]), Options(input[0])))
        {
            // A damaged archive may unpack to a thousand times its size.
            Buffers = 16 << 20,
        };
        byte[][] tables = [.. Directory.EnumerateFiles(Repository.PathOf("tests/fixtures/parquet"))
            .Order(StringComparer.Ordinal).Select(File.ReadAllBytes)];
        yield return new("parquet", random => [(byte)random.Next(256), .. Mutation.Bytes(random, random.Of(tables))],
            input =>
            {
                File.WriteAllBytes(folder["parquet"], input[1..]);
                ParquetClicks.Read(folder["parquet"], Options(input[0]) with { Format = ClickFormat.Auto });
            })
        {
            // The Parquet library allocates what a page claims to unpack to.
            Buffers = int.MaxValue,
        };
        byte[][] titles = [.. ((string[])["old-title-files/movies.dat", "old-title-files/u.item",
            "id-spelling/titles.csv"])
            .Select(file => File.ReadAllBytes(Repository.PathOf($"tests/fixtures/cases/{file}"))),
            [.. "1,2003,Dinosaur Planet\n2,NULL,Isle of Man, TT\n"u8]];
        yield return new("titles", random => Mutation.Text(random, titles), input =>
        {
            File.WriteAllBytes(folder["titles"], input);
            Titles.Read(folder["titles"]);
        });
        byte[][] splits = Splits(folder["split"]);
        yield return new("split", random => Mutation.Text(random, splits), input => ReadSplit(folder["split"], input))
        {
            // Without a file of ids, a number makes a catalogue as large, up to ten million items.
            Buffers = 96 << 20,
        };
    }

    private static byte[] Cut(byte[] text) => text.Length <= MostBytes ? text
        : text[..(text.AsSpan(0, MostBytes).LastIndexOf((byte)'\n') + 1)];

    // Most inputs are read as the layout that their first lines have.
    private static ReadOptions Options(byte choice) => new()
    {
        Format = choice < 192 ? ClickFormat.Auto : (ClickFormat)(choice % Enum.GetValues<ClickFormat>().Length),
        MinRating = (choice & 1) == 0 ? null : 2,
        KeepCounts = (choice & 2) != 0,
        KeepOrder = (choice & 4) != 0,
        KeepTimestamps = (choice & 12) == 12,
        Repeats = (Repeats)((choice >> 4) % Enum.GetValues<Repeats>().Length),
        LeastLiked = 4,
    };

    private static byte[] Packed(Random random, byte[][] texts)
    {
        byte[] text = Mutation.Text(random, texts);
        if (random.Next(3) == 0)
        {
            Encoding encoding = random.Of([Encoding.Unicode, Encoding.BigEndianUnicode, Encoding.UTF32]);
            text = [.. encoding.GetPreamble(), .. encoding.GetBytes(Encoding.UTF8.GetString(text))];
        }
        using var packed = new MemoryStream();
        switch (random.Next(4))
        {
            case 0:
                packed.Write(text);
                break;
            case 1:
                using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
                    gzip.Write(text);
                break;
            default:
                using (var zip = new ZipArchive(packed, ZipArchiveMode.Create, leaveOpen: true))
                {
                    using (Stream entry = zip.CreateEntry("clicks.csv").Open())
                        entry.Write(text);
                    if (random.Next(4) == 0)
                        zip.CreateEntry("__MACOSX/clicks.csv");
                }
                break;
        }
        byte[] bytes = packed.ToArray();
        return [(byte)random.Next(256), .. random.Next(3) switch
        {
            0 => Mutation.Bytes(random, bytes),
            1 when random.Next(3) == 0 => bytes[..random.Next(bytes.Length + 1)],
            _ => bytes,
        }];
    }

    private static byte[][] Splits(string folder)
    {
        byte[] Of(DataSplit split)
        {
            SplitFolder.Write(folder, split);
            string all = string.Concat(Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal)
                .Select(file => $"{FileMark}{Path.GetFileName(file)}\n{File.ReadAllText(file)}"));
            Directory.Delete(folder, recursive: true);
            return Encoding.UTF8.GetBytes(all);
        }
        return
        [
            Of(SmallData.Split), Of(DataSplit.All(SmallData.Clicks)), Of(DataSplit.All(ClickReader.Read(
                new MemoryStream(Encoding.UTF8.GetBytes(handmade[0])), new() { KeepCounts = true, KeepOrder = true }))),
        ];
    }

    // What stands at the folder is asked, too, whether a split may be written there.
    private static void ReadSplit(string folder, byte[] input)
    {
        Directory.CreateDirectory(folder);
        try
        {
            foreach (string part in Encoding.Latin1.GetString(input).Split(FileMark))
            {
                string name = part.Split('\n')[0];
                if (name.Length is > 0 and < 30 && name[0] != '.'
                    && name.All(c => c is >= 'a' and <= 'z' or '_' or '.'))
                    File.WriteAllBytes(Path.Combine(folder, name),
                        Encoding.Latin1.GetBytes(part[Math.Min(part.Length, name.Length + 1)..]));
            }
            DataSplit split = SplitFolder.Read(folder);
            SplitFolder.CheckWrite(folder);
            DatasetStatistics.Of(split.Train);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
