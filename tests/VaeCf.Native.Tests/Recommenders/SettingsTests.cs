using System.Text;
using System.Text.Json;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Native.Tests.Recommenders;

public class SettingsTests
{
    private enum Fruit
    {
        Apple,
        BloodOrange,
    }

    private static readonly Setting<int> integer = Setting.Integer("integer", "An integer.", 5, least: 2);
    private static readonly Setting<int?> optionalInteger =
        Setting.OptionalInteger("optional_integer", "One or none.", least: 1);
    private static readonly Setting<double> number = Setting.Number("number", "A number.", 0.5, least: -1);
    private static readonly Setting<double?> optionalNumber = Setting.OptionalNumber("optional_number", "One or none.");
    private static readonly Setting<double> positive = Setting.Positive("positive", "A number.", 4e-5);
    private static readonly Setting<double> probability =
        Setting.Probability("probability", "A share.", 1, option: "--keep");
    private static readonly Setting<ulong> seed = Setting.Seed("seed", "A seed.", 1);
    private static readonly Setting<bool> flag = Setting.Flag("flag", "On or off.");
    private static readonly Setting<Fruit> choice = Setting.Choice("choice", "A fruit.", Fruit.Apple);
    private static readonly Setting<string> text = Setting.Text("text", "A file.", "FILE");
    private static readonly Setting<IReadOnlyList<int>> widths = Setting.Widths("widths", "Widths.", [600]);

    private static readonly ModelType type = new()
    {
        Name = "sample",
        Title = "Sample",
        Summary = "One setting of each kind.",
        Citation = "none",
        Settings = [integer, optionalInteger, number, optionalNumber, positive, probability, seed, flag, choice,
            text, widths],
        Check = settings => Autoencoders.Require(settings.Get(integer) != 13, integer, settings, "another number"),
        Fit = (_, _, _) => throw new NotSupportedException(),
        Load = (_, _) => throw new NotSupportedException(),
    };

    private static string Json(Settings settings)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
            settings.WriteJson(json);
        return Encoding.UTF8.GetString(bytes.ToArray());
    }

    private static Settings FromJson(string json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        return Settings.Read(type, document.RootElement);
    }

    [Theory]
    [InlineData("integer", "2", "2147483647")]
    [InlineData("optional_integer", "1", "2147483647", "automatic")]
    [InlineData("number", "-1", "0", "0.25", "1E-07", "123456.789", "0.30000000000000004")]
    [InlineData("optional_number", "0", "0.5", "1000000", "automatic")]
    [InlineData("positive", "0.00004", "5E-324")]
    [InlineData("probability", "1", "0.001")]
    [InlineData("seed", "0", "18446744073709551615")]
    [InlineData("flag", "true", "false")]
    [InlineData("choice", "apple", "bloodorange")]
    [InlineData("text", "a file.csv", "ä|b,c", "none")]
    [InlineData("widths", "600", "600,200,1", "none")]
    public void Values_in_range_survive_text_and_json(string name, params string[] texts)
    {
        Setting setting = type.Find(name)!;
        Assert.All([.. texts, setting.DefaultText], text =>
        {
            Settings given = type.Defaults.With(name, text);
            Assert.Equal(text, given.Text(setting));
            Settings read = FromJson(Json(given));
            Assert.Equal(text, read.Text(setting));
            Assert.Null(given.Difference(read));
            setting.Check(text);
        });
    }

    [Theory]
    [InlineData("integer", "a whole number, at least 2", "1", "-3", "2.5", "3000000000", "x", "", "NaN")]
    [InlineData("optional_integer", "a whole number, at least 1", "0", "-1", "1.5", "x")]
    [InlineData("number", "a finite number, at least -1", "-1.01", "NaN", "Infinity", "1e999", "1,5", "x")]
    [InlineData("optional_number", "a finite number, at least 0", "-0.1", "NaN", "Infinity", "x")]
    [InlineData("positive", "a finite number above 0", "0", "-1", "NaN", "Infinity", "x")]
    [InlineData("probability", "a number from 1E-30 to 1", "0", "1.0001", "NaN", "x")]
    [InlineData("seed", "a whole number from 0 to 18446744073709551615", "-1", "18446744073709551616", "1.5", "x")]
    [InlineData("flag", "true or false", "1", "yes", "")]
    [InlineData("choice", "one of apple, bloodorange", "0", "1", "pear", "apple,bloodorange", "")]
    [InlineData("text", "a text without control characters, or none", "a\tb", "\u001b[1m", "\0")]
    [InlineData("widths", "up to 100 whole numbers from 1 to 1000000, separated by commas, or none", "0,5", "5,", "-1",
        "5;6", "", "1000001")]
    public void Texts_out_of_range_are_refused_with_what_was_expected(string name, string expected,
        params string[] texts)
    {
        Setting setting = type.Find(name)!;
        Assert.StartsWith(expected, setting.Expected);
        Assert.All(texts, text =>
        {
            string message = Assert.Throws<FormatException>(() => type.Defaults.With(name, text)).Message;
            Assert.Equal($"{name}: found '{text}'; expected {setting.Expected}", message);
            Assert.Equal(message, $"{name}: {Assert.Throws<FormatException>(() => setting.Check(text)).Message}");
        });
    }

    [Fact]
    public void Values_out_of_range_are_refused_and_the_setting_named()
    {
        void Names(string text, Func<Settings> with) =>
            Assert.StartsWith(text, Assert.Throws<ArgumentException>(() => with()).Message);
        Settings defaults = type.Defaults;
        Names("integer is 1; expected a whole number, at least 2", () => defaults.With(integer, 1));
        Names("optional_integer is 0; expected", () => defaults.With(optionalInteger, 0));
        Names("number is NaN; expected", () => defaults.With(number, double.NaN));
        Names("optional_number is -1; expected", () => defaults.With(optionalNumber, -1));
        Names("positive is Infinity; expected", () => defaults.With(positive, double.PositiveInfinity));
        Names("probability is 1.5; expected", () => defaults.With(probability, 1.5));
        Names("choice is 7; expected one of apple, bloodorange", () => defaults.With(choice, (Fruit)7));
        Names("widths is 5,0; expected", () => defaults.With(widths, [5, 0]));
    }

    [Theory]
    [InlineData("""{"choice": "pear"}""", "choice is \"pear\"; expected one of apple, bloodorange")]
    [InlineData("""{"choice": "1"}""", "choice is \"1\"; expected one of")]
    [InlineData("""{"choice": 1}""", "choice is 1; expected one of")]
    [InlineData("""{"choice": null}""", "choice is null; expected one of")]
    [InlineData("""{"integer": "5"}""", "integer is \"5\"; expected a whole number")]
    [InlineData("""{"integer": 5000000000}""", "integer is 5000000000; expected a whole number")]
    [InlineData("""{"number": [1]}""", "number is [1]; expected a finite number")]
    [InlineData("""{"flag": 1}""", "flag is 1; expected true or false")]
    [InlineData("""{"text": 1}""", "text is 1; expected a text")]
    [InlineData("""{"text": null}""", "text is null; expected a text")]
    [InlineData("""{"widths": {"a": 1}}""", "widths is {\"a\": 1}; expected up to 100 whole numbers from 1 to 1000000")]
    [InlineData("""{"widths": [1000001]}""", "widths is 1000001; expected up to 100 whole numbers from 1 to 1000000")]
    public void A_json_value_that_is_not_one_of_the_settings_is_refused(string json, string message) =>
        Assert.StartsWith(message, Assert.Throws<ArgumentException>(() => FromJson(json)).Message);

    [Fact]
    public void A_message_quotes_the_beginning_and_the_end_of_a_long_value()
    {
        string message = Assert.Throws<ArgumentException>(
            () => type.Defaults.With(widths, [.. Enumerable.Repeat(1, 1_000_000)])).Message;
        Assert.Matches("^widths is 1,1,1,.* more characters … [1,]+; expected up to 100", message);
        Assert.InRange(message.Length, 100, 250);
    }

    [Fact]
    public void Json_has_every_setting_by_name_and_the_type_of_its_value()
    {
        Settings settings = type.Defaults.With(optionalNumber, 2.5).With(widths, [3, 4])
            .With(choice, Fruit.BloodOrange);
        Assert.Equal("""
            {"integer":5,"optional_integer":null,"number":0.5,"optional_number":2.5,"positive":4E-05,
            "probability":1,"seed":1,"flag":false,"choice":"bloodorange","text":"","widths":[3,4]}
            """.ReplaceLineEndings(""), Json(settings));
        // What is missing has its default, names are read in any case, and the last of several objects counts.
        Settings read = FromJson("""{"choice": "BloodOrange", "more": 1}""");
        Assert.Equal((Fruit.BloodOrange, 5), (read.Get(choice), read.Get(integer)));
        Assert.False(read.IsGiven(integer));
        Assert.True(read.IsGiven(choice));
    }

    [Fact]
    public void Settings_are_immutable_and_keep_what_was_given()
    {
        Settings defaults = type.Defaults, changed = defaults.With(integer, 7);
        Assert.Equal((5, 7), (defaults.Get(integer), changed.Get(integer)));
        Assert.True(changed.IsGiven(integer) && !defaults.IsGiven(integer) && !changed.IsGiven(number));
        Assert.True(defaults.With(integer, 5).IsGiven(integer));
        int[] given = [3, 4];
        Settings wide = defaults.With(widths, given);
        given[0] = 0;
        Assert.Equal([3, 4], wide.Get(widths));
        // No layer can be written in either way.
        Assert.Empty(defaults.With(widths, [0]).Get(widths));
        Assert.Empty(defaults.With("widths", "0").Get(widths));
    }

    [Fact]
    public void A_setting_that_the_model_lacks_is_refused_and_its_own_are_named()
    {
        const string message = "sample has no setting 'latent'; it has integer, optional_integer, number";
        Assert.StartsWith(message,
            Assert.Throws<ArgumentException>(() => type.Defaults.With(Autoencoders.Latent, 3)).Message);
        Assert.StartsWith(message, Assert.Throws<ArgumentException>(() => type.Defaults.With("latent", "3")).Message);
        Assert.StartsWith(message,
            Assert.Throws<ArgumentException>(() => type.Defaults.Get(Autoencoders.Latent)).Message);
        Assert.False(type.Defaults.Has(Autoencoders.Latent));
        Assert.True(type.Defaults.Has(integer));
    }

    [Fact]
    public void Text_names_the_model_and_every_setting()
    {
        Assert.Equal("sample: integer 5, optional integer automatic, number 0.5, optional number automatic, "
            + "positive 0.00004, probability 1, seed 1, flag false, choice apple, text none, widths 600",
            type.Defaults.ToString());
        Assert.Equal("multdae: likelihood multinomial, hidden 600, latent 200, gated false, keep probability 0.5, "
            + "weight decay 0.00004, gaussian c1 2, gaussian c0 1, epochs automatic, batch 500, learning rate 0.001, "
            + "weight start xavier, normalize gradients false, validate every 1, patience 50, seed 1",
            MultDae.Type.Defaults.ToString());
    }

    [Fact]
    public void Every_difference_is_named()
    {
        Settings settings = type.Defaults.With(integer, 7).With(flag, true);
        Assert.Null(settings.Difference(type.Defaults.With(flag, true).With(integer, 7)));
        Assert.Null(type.Defaults.Difference(type.Defaults.With(integer, 5)));
        Assert.Equal("integer is 7, not 5; flag is true, not false", settings.Difference(type.Defaults));
        Assert.Equal("flag is true, not false", settings.Difference(type.Defaults.With(integer, 7)));
        Assert.Equal("widths is none, not 600", type.Defaults.With(widths, []).Difference(type.Defaults));
        Assert.Equal("the model is sample, not multvae", type.Defaults.Difference(MultVae.Type.Defaults));
    }

    [Fact]
    public void Values_that_do_not_go_together_are_refused()
    {
        type.Defaults.Check();
        Assert.Contains("integer is 13; expected another number",
            Assert.Throws<ArgumentException>(() => type.Defaults.With(integer, 13).Check()).Message);
    }

    [Fact]
    public void A_model_may_have_another_default_than_the_setting()
    {
        Setting<int> own = integer.WithDefault(9, paper: "10");
        Assert.Equal((9, "10", null, 5), (own.Default, own.Paper, integer.Paper, integer.Default));
        Assert.Equal((integer.Name, integer.Option, integer.Expected), (own.Name, own.Option, own.Expected));
        Assert.Equal(("--optional-integer", "--keep"), (optionalInteger.Option, probability.Option));
        // By name: the key is the shared setting, the value the model's.
        Assert.Equal(4e-5, MultDae.Type.Defaults.Get(Autoencoders.WeightDecay));
        Assert.Equal(0, MultVae.Type.Defaults.Get(Autoencoders.WeightDecay));
        Assert.Equal(200, RecVae.Type.Defaults.Get(GradientFit.EpochCount));
    }
}
