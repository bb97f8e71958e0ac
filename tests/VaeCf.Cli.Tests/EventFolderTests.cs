using System.Buffers.Binary;
using System.Text;
using System.Text.Json;

namespace VaeCf.Cli.Tests;

/// <summary>TensorBoard's files, read by a reader of their format that shares nothing with the writer.</summary>
public class EventFolderTests
{
    private static string[] Line(TemporaryFolder folder, params string[] more) => ["train", TinySplit.Write(folder),
        "--out", folder["m"], "--hidden", "16", "--latent", "4", "--patience", "0", "--batch", "25", .. more];

    // A record's step and scalars.
    private sealed record Event(double Time, long Step, string? Version, Dictionary<string, float> Scalars);

    [Fact]
    public void Each_phase_has_a_file_of_the_numbers_that_the_log_has()
    {
        using var folder = new TemporaryFolder();
        CommandRun run = Vaecf.Run(Line(folder, "--epochs", "5", "--find-beta", "--validate-every", "2", "--log",
            folder["log"], "--tensorboard", folder["board"]));
        Assert.Equal(0, run.ExitCode);
        JsonElement[] lines = [.. File.ReadLines(folder["log"]).Select(line => JsonDocument.Parse(line).RootElement)];
        Assert.Equal(["search", "train"], Directory.GetDirectories(folder["board"]).Select(Path.GetFileName).Order());
        foreach (string phase in (string[])["search", "train"])
        {
            string file = Assert.Single(Directory.GetFiles(Path.Combine(folder["board"], phase)));
            Assert.StartsWith("events.out.tfevents.", Path.GetFileName(file));
            Event[] events = Read(File.ReadAllBytes(file));
            Assert.Equal("brain.Event:2", events[0].Version);
            JsonElement[] epochs = [.. lines.Where(line => line.GetProperty("phase").GetString() == phase)];
            Assert.Equal(epochs.Select(line => line.GetProperty("epoch").GetInt64()),
                events[1..].Select(one => one.Step));
            foreach ((JsonElement epoch, Event one) in epochs.Zip(events[1..]))
            {
                Assert.InRange(DateTimeOffset.UtcNow.ToUnixTimeSeconds() - one.Time, -1, 600);
                Assert.Equal(epoch.EnumerateObject().Where(member => member.Name is "loss" or "reconstruction" or "kl"
                    or "beta" or "validation_ndcg@100" && member.Value.ValueKind == JsonValueKind.Number)
                    .Select(member => (member.Name, (float)member.Value.GetDouble())),
                    one.Scalars.Select(scalar => (scalar.Key, scalar.Value)));
            }
        }
    }

    [Fact]
    public void Nothing_is_replaced_and_what_is_no_folder_is_refused()
    {
        using var folder = new TemporaryFolder();
        for (int run = 1; run <= 2; run++)
        {
            Assert.Equal(0, Vaecf.Run(Line(folder, "--epochs", "2", "--tensorboard", folder["board"])).ExitCode);
            Assert.Equal(run, Directory.GetFiles(folder["board/train"]).Length);
        }
        File.WriteAllText(folder["file"], "mine");
        Vaecf.Run(Line(folder, "--tensorboard", folder["file"]))
            .AssertWrongUse($"{folder["file"]}: found a file; expected a folder, or none");
        Vaecf.Run(Line(folder, "--tensorboard", folder["file/below"]))
            .AssertWrongUse($"{folder["file"]}: found a file; expected a folder, or none");
        Directory.CreateDirectory(folder["other"]);
        File.WriteAllText(folder["other/train"], "mine");
        Vaecf.Run(Line(folder, "--tensorboard", folder["other"]))
            .AssertWrongUse($"{folder["other/train"]}: found a file; expected a folder, or none");
        if (OperatingSystem.IsWindows())
            return;
        Directory.CreateDirectory(folder["links"]);
        File.CreateSymbolicLink(folder["links/train"], folder["end"]);
        Assert.Equal(0, Vaecf.Run(Line(folder, "--epochs", "2", "--tensorboard", folder["links"])).ExitCode);
        Assert.Single(Directory.GetFiles(folder["end"]));
    }

    [Theory]
    [InlineData("--log", "board"), InlineData("--log", "board/search"), InlineData("--report", "board/train"),
        InlineData("--checkpoint", "board/train")]
    public void No_output_takes_the_place_of_its_folders(string option, string file)
    {
        using var folder = new TemporaryFolder();
        if (file.Contains('/'))
            Directory.CreateDirectory(folder["board"]);
        CommandRun run = Vaecf.Run(Line(folder, option, folder[file], "--tensorboard", folder["board"]));
        run.AssertWrongUse(" that this command also uses; expected another name");
        Assert.Equal(file.Contains('/'), Directory.Exists(folder["board"]));
    }

    [Theory, InlineData("m/board"), InlineData("c.previous"), InlineData("c.damaged/board"), InlineData("c.lock")]
    public void Its_folders_take_the_place_of_no_output(string board)
    {
        using var folder = new TemporaryFolder();
        Vaecf.Run(Line(folder, "--checkpoint", folder["c"], "--tensorboard", folder[board])).AssertWrongUse(
            $"{folder[board]}: found the place of a file that this command also uses; expected another name");
    }

    [Fact]
    public void A_refused_run_leaves_no_file()
    {
        using var folder = new TemporaryFolder();
        string[] line = Line(folder, "--epochs", "2", "--checkpoint", folder["c"], "--resume");
        Assert.Equal(0, Vaecf.Run(line).ExitCode);
        Vaecf.Run([.. line, "--lr", "0.5", "--tensorboard", folder["board"]])
            .AssertWrongUseAfterText("the checkpoint is of another run");
        Assert.False(Directory.Exists(folder["board"]));
    }

    [Fact]
    public void A_full_disk_is_warned_of_once_and_the_model_is_saved()
    {
        using var folder = new TemporaryFolder();
        SpecialFiles.OnSmallDisk(folder, 8, disk =>
        {
            string board = Path.Combine(disk, "board");
            CommandRun run = Vaecf.Run(Line(folder, "--epochs", "200", "--tensorboard", board));
            Assert.Equal(ExitCodes.Incomplete, run.ExitCode);
            Assert.Single(run.Error.Split('\n'), line => line.Contains("warning"));
            Assert.Matches(@"TensorBoard's files end before epoch \d+, the run goes on", run.Error);
            Assert.Contains("saved to", run.Output);
        });
    }

    private static Event[] Read(ReadOnlySpan<byte> file)
    {
        var events = new List<Event>();
        while (!file.IsEmpty)
        {
            int length = (int)BinaryPrimitives.ReadInt64LittleEndian(file);
            Assert.Equal(Masked(file[..8]), BinaryPrimitives.ReadUInt32LittleEndian(file[8..]));
            ReadOnlySpan<byte> data = file.Slice(12, length);
            Assert.Equal(Masked(data), BinaryPrimitives.ReadUInt32LittleEndian(file[(12 + length)..]));
            events.Add(ReadEvent(data));
            file = file[(16 + length)..];
        }
        return [.. events];
    }

    private static Event ReadEvent(ReadOnlySpan<byte> data)
    {
        (double time, long step, string? version) = (0, 0, null);
        var scalars = new Dictionary<string, float>();
        while (Field(ref data, out int number, out ulong value, out ReadOnlySpan<byte> bytes))
            switch (number)
            {
                case 1: time = BitConverter.UInt64BitsToDouble(value); break;
                case 2: step = (long)value; break;
                case 3: version = Encoding.UTF8.GetString(bytes); break;
                case 5:
                    while (Field(ref bytes, out number, out _, out ReadOnlySpan<byte> scalar))
                    {
                        Assert.Equal(1, number);
                        (string tag, float held) = ("", float.NaN);
                        while (Field(ref scalar, out number, out value, out ReadOnlySpan<byte> text))
                            if (number == 1)
                                tag = Encoding.UTF8.GetString(text);
                            else
                                held = BitConverter.UInt32BitsToSingle((uint)value);
                        scalars.Add(tag, held);
                    }
                    break;
                default: Assert.Fail($"field {number}"); break;
            }
        return new(time, step, version, scalars);
    }

    // The next field of a protocol buffer; false at its end.
    private static bool Field(ref ReadOnlySpan<byte> data, out int number, out ulong value,
        out ReadOnlySpan<byte> bytes)
    {
        (number, value) = (0, 0);
        bytes = default;
        if (data.IsEmpty)
            return false;
        ulong key = Varint(ref data);
        number = (int)(key >> 3);
        switch (key & 7)
        {
            case 0:
                value = Varint(ref data);
                break;
            case 1:
                value = BinaryPrimitives.ReadUInt64LittleEndian(data);
                data = data[8..];
                break;
            case 2:
                int length = (int)Varint(ref data);
                bytes = data[..length];
                data = data[length..];
                break;
            case 5:
                value = BinaryPrimitives.ReadUInt32LittleEndian(data);
                data = data[4..];
                break;
            default:
                Assert.Fail($"wire type {key & 7}");
                break;
        }
        return true;
    }

    private static ulong Varint(ref ReadOnlySpan<byte> data)
    {
        ulong value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte one = data[0];
            data = data[1..];
            value |= (ulong)(one & 127) << shift;
            if (one < 128)
                return value;
        }
    }

    // CRC-32C bit by bit, of the reversed polynomial, and TFRecord's mask of it.
    private static uint Masked(ReadOnlySpan<byte> data)
    {
        uint crc = 0xffffffff;
        foreach (byte one in data)
        {
            crc ^= one;
            for (int bit = 0; bit < 8; bit++)
                crc = (crc & 1) == 0 ? crc >> 1 : crc >> 1 ^ 0x82f63b78;
        }
        crc = ~crc;
        return (crc >> 15 | crc << 17) + 0xa282ead8;
    }

    [Fact]
    public void The_readers_checksum_is_the_published_one() =>
        // The check value of CRC-32C (123456789 gives e3069283), masked.
        Assert.Equal(unchecked((0xe3069283u >> 15 | 0xe3069283u << 17) + 0xa282ead8), Masked("123456789"u8));
}
