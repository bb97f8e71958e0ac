using System.Globalization;
using System.Text;
using VaeCf.Native.Recommenders;

namespace VaeCf.Cli.Tests;

public class EncodeCommandTests(TrainedModel model) : IClassFixture<TrainedModel>
{
    private const int Length = 4;

    // Three users; the second has an item that the model does not know, the third nothing else.
    private const string Users = "user,item\nann,100\nann,102\n\"bob, jr\",112\n\"bob, jr\",7\ncid,8\n";

    private float[][] Expected
    {
        get
        {
            using Recommender loaded = Recommender.Load(model.Path);
            return [.. new string[][] { ["100", "102"], ["112"], [] }.Select(history =>
            {
                var code = new float[Length];
                loaded.Encode(history.Select(id => new HistoryItem(id))).FlattenTo(code);
                return code;
            })];
        }
    }

    private string Encode(TemporaryFolder folder, string name)
    {
        File.WriteAllText(folder["h.csv"], Users);
        CommandRun run = Vaecf.Run("encode", model.Path, "--histories", folder["h.csv"], "--out", folder[name]);
        Assert.Equal((0, $"--histories: the model does not know 7, 8{Environment.NewLine}"), (run.ExitCode, run.Error));
        Assert.Equal($"the codes of 3 users, {Length} numbers each, are written to {folder[name]}{Environment.NewLine}",
            run.Output);
        return folder[name];
    }

    [Fact]
    public void Csv_has_a_row_for_each_user_with_numbers_to_the_last_bit()
    {
        using var folder = new TemporaryFolder();
        string[] lines = File.ReadAllLines(Encode(folder, "codes.csv"));
        Assert.Equal("user,z0,z1,z2,z3", lines[0]);
        Assert.Equal(["ann", "\"bob, jr\"", "cid"],
            lines[1..].Select(line => string.Join(',', line.Split(',')[..^Length])));
        Assert.Equal(Expected, lines[1..].Select(line => line.Split(',')[^Length..]
            .Select(number => float.Parse(number, CultureInfo.InvariantCulture)).ToArray()));
    }

    [Fact]
    public void Npy_is_an_array_of_users_by_numbers()
    {
        using var folder = new TemporaryFolder();
        byte[] file = File.ReadAllBytes(Encode(folder, "codes.npy"));
        Assert.Equal([0x93, .. "NUMPY"u8, 1, 0], file[..8]);
        int header = file[8] | file[9] << 8;
        // NumPy asks for data that starts at a multiple of 64 bytes, and for a header that ends in a line break.
        Assert.Equal(0, (10 + header) % 64);
        string text = Encoding.ASCII.GetString(file, 10, header);
        Assert.Equal("{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }", text.TrimEnd());
        Assert.EndsWith("\n", text);
        Assert.Equal(Expected.SelectMany(code => code), SafeTensorsBytes.Floats(file[(10 + header)..]));
    }

    [Fact]
    public void Safetensors_has_one_tensor()
    {
        using var folder = new TemporaryFolder();
        string path = Encode(folder, "codes.safetensors");
        (string name, (int[] shape, byte[] bytes)) = Assert.Single(SafeTensorsBytes.Read(path));
        Assert.Equal("codes", name);
        Assert.Equal([3, Length], shape);
        Assert.Equal(Expected.SelectMany(code => code), SafeTensorsBytes.Floats(bytes));
    }

    [Fact]
    public void One_user_is_given_by_items()
    {
        using var folder = new TemporaryFolder();
        CommandRun run = Vaecf.Run("encode", model.Path, "--items", "102,100,102,x,7", "--out", folder["one.csv"]);
        Assert.Equal((ExitCodes.Good, $"--items: the model does not know x, 7{Environment.NewLine}"),
            (run.ExitCode, run.Error));
        Assert.StartsWith("the codes of 1 user, ", run.Output);
        string[] lines = File.ReadAllLines(folder["one.csv"]);
        Assert.Equal(2, lines.Length);
        Assert.Equal(["1", .. Expected[0].Select(x => x.ToString("R", CultureInfo.InvariantCulture))],
            lines[1].Split(','));
    }

    [Fact]
    public void Wrong_use_is_refused_and_nothing_written()
    {
        using var folder = new TemporaryFolder();
        string[] Line(string path, params string[] more) => ["encode", path, "--out", folder["codes.npy"], .. more];
        Vaecf.Run("encode", model.Path, "--items", "100", "--out", folder["codes.txt"])
            .AssertWrongUse("expected a name that ends in .csv, .npy or .safetensors");
        Vaecf.Run("encode", model.Path, "--items", "100").AssertWrongUse("--out");
        Vaecf.Run("encode", model.Path, "--items", "100", "--out", folder["no/codes.npy"])
            .AssertWrongUse("does not exist");
        Vaecf.Run(Line(model.Path)).AssertWrongUse("neither --items nor --histories");
        Vaecf.Run(Line(model.Path, "--histories", "nowhere.csv")).AssertWrongUse("nowhere.csv");
        Vaecf.Run(Line("nowhere.safetensors", "--items", "100")).AssertWrongUse("nowhere.safetensors");
        Assert.Empty(folder.Files);
        Assert.Equal(0, Vaecf.Run("train", model.Split, "--out", folder["p"], "--model", "popularity").ExitCode);
        Vaecf.Run(Line(folder["p"], "--items", "100"))
            .AssertWrongUse("Popularity has no code of a user; expected an autoencoder");
        Assert.Equal(["p"], folder.Files);
    }
}
