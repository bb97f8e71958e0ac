using System.Text;
using System.Text.Json;

namespace VaeCf.Native.Recommenders;

/// <summary>
/// One setting of a model, declared once: its validation, its option on the command line, JSON, the model file,
/// <c>vaecf models</c> and the documentation follow from its name, meaning, range and default. The static methods make
/// settings for a model of one's own.
/// </summary>
public abstract class Setting
{
    private protected Setting(string name, string meaning, string expected, string placeholder, string? option,
        string? paper) =>
        (Name, Meaning, Expected, Placeholder, Option, Paper) =
            (name, meaning, expected, placeholder, option ?? $"--{name.Replace('_', '-')}", paper);

    /// <summary>Its name in JSON and in model files: lower case, words joined by underscores.</summary>
    public string Name { get; }

    /// <summary>What it does, in a sentence.</summary>
    public string Meaning { get; }

    /// <summary>The values it may have, in words.</summary>
    public string Expected { get; }

    /// <summary>How a value is written, as help texts show it: <c>N</c>, or names separated by bars.</summary>
    public string Placeholder { get; }

    /// <summary>
    /// Its option on the command line; by default its name with dashes, such as <c>--weight-decay</c>.
    /// </summary>
    public string Option { get; }

    /// <summary><see cref="Paper"/> of a setting whose default is the paper's.</summary>
    public const string Same = "the same";

    /// <summary>
    /// What the paper uses: <see cref="Same"/> if that is the default; null if the paper does not say.
    /// </summary>
    public string? Paper { get; }

    /// <summary>The default, as text, such as <c>0.5</c> or <c>automatic</c>.</summary>
    public string DefaultText => Format(DefaultValue);

    /// <summary>Throws unless a text, as people type it, is a value of this setting.</summary>
    /// <exception cref="FormatException">It is not; the message says what was found and what was expected.</exception>
    public void Check(string text) => Parse(text);

    internal abstract object? DefaultValue { get; }

    /// <summary>The value that a text, as people type it, stands for.</summary>
    /// <exception cref="FormatException">The text is no value of this setting.</exception>
    internal abstract object? Parse(string text);

    internal abstract string Format(object? value);

    /// <exception cref="ArgumentException">
    /// It is of another kind; the message names the setting, the value and what was expected.
    /// </exception>
    internal abstract object? Read(JsonElement json);

    internal abstract void Write(Utf8JsonWriter json, object? value);

    /// <summary>Throws unless a value is in range.</summary>
    /// <exception cref="ArgumentException">
    /// It is not; the message names the setting, the value and what was expected.
    /// </exception>
    internal abstract void Check(object? value);

    private const string Finite = "a finite number";

    /// <summary>The most widths that <see cref="Widths"/> takes.</summary>
    public const int MostWidths = 100;

    private const int LargestWidth = 1_000_000;

    // So that what is divided by it stays finite in single precision.
    private const double LeastProbability = 1e-30;

    /// <summary>A whole number of at least <paramref name="least"/>.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="meaning">What it does, in a sentence.</param>
    /// <param name="fallback">The default.</param>
    /// <param name="least">The lowest value allowed.</param>
    /// <param name="option">Its option; null, the default, for its name with dashes.</param>
    /// <param name="paper">
    /// What the paper uses, <see cref="Same"/> if that is the default; null, the default, if it does not say.
    /// </param>
    /// <param name="most">The highest value allowed; no limit by default.</param>
    public static Setting<int> Integer(string name, string meaning, int fallback, int least, string? option = null,
        string? paper = null, int most = int.MaxValue) =>
        new(name, meaning, most == int.MaxValue ? $"a whole number, at least {least}"
            : $"a whole number from {least} to {most}", "N", option, paper, Codecs.Integer, fallback,
            value => value >= least && value <= most);

    /// <inheritdoc cref="Integer"/>
    /// <summary>The width of a layer or the like: a whole number from 1 to 1,000,000.</summary>
    public static Setting<int> Width(string name, string meaning, int fallback, string? option = null,
        string? paper = null) =>
        new(name, meaning, $"a whole number from 1 to {LargestWidth}", "N", option, paper, Codecs.Integer, fallback,
            IsWidth);

    /// <inheritdoc cref="Integer"/>
    /// <summary>
    /// A whole number of at least <paramref name="least"/>, or nothing: then it follows from the data or from other
    /// settings.
    /// </summary>
    public static Setting<int?> OptionalInteger(string name, string meaning, int least, string? option = null,
        string? paper = null) =>
        new(name, meaning, $"a whole number, at least {least}, or {Codecs.Automatic}", "N", option, paper,
            Codecs.Optional(Codecs.Integer), null, value => value is null || value >= least);

    /// <inheritdoc cref="Integer"/>
    /// <summary>A finite number of at least <paramref name="least"/>.</summary>
    public static Setting<double> Number(string name, string meaning, double fallback, double least = 0,
        string? option = null, string? paper = null) =>
        new(name, meaning, FormattableString.Invariant($"{Finite}, at least {least}"), "N", option, paper,
            Codecs.Number, fallback,
            value => value >= least && double.IsFinite(value));

    /// <inheritdoc cref="Integer"/>
    /// <summary>
    /// A finite number of at least 0, or nothing: then it follows from the data or from other settings.
    /// </summary>
    public static Setting<double?> OptionalNumber(string name, string meaning, string? option = null,
        string? paper = null) =>
        new(name, meaning, $"{Finite}, at least 0, or {Codecs.Automatic}", "N", option, paper,
            Codecs.Optional(Codecs.Number), null, value => value is null or >= 0 and < double.PositiveInfinity);

    /// <inheritdoc cref="Integer"/>
    /// <summary>A finite number above 0.</summary>
    public static Setting<double> Positive(string name, string meaning, double fallback, string? option = null,
        string? paper = null) =>
        new(name, meaning, $"{Finite} above 0", "N", option, paper, Codecs.Number, fallback,
            value => value is > 0 and < double.PositiveInfinity);

    /// <inheritdoc cref="Integer"/>
    /// <summary>A number above 0, in practice from 1e-30 on, and at most 1.</summary>
    public static Setting<double> Probability(string name, string meaning, double fallback, string? option = null,
        string? paper = null) =>
        new(name, meaning, FormattableString.Invariant($"a number from {LeastProbability} to 1"), "N", option, paper,
            Codecs.Number, fallback, value => value is >= LeastProbability and <= 1);

    /// <inheritdoc cref="Integer"/>
    /// <summary>A number of at least 0 and below 1, such as the share of a moving mean that stays.</summary>
    public static Setting<double> Share(string name, string meaning, double fallback, string? option = null,
        string? paper = null) =>
        new(name, meaning, "a number from 0 to below 1", "N", option, paper, Codecs.Number, fallback,
            value => value is >= 0 and < 1);

    /// <inheritdoc cref="Integer"/>
    /// <summary>A seed of everything random.</summary>
    public static Setting<ulong> Seed(string name, string meaning, ulong fallback) =>
        new(name, meaning, $"a whole number from 0 to {ulong.MaxValue}", "N", null, null, Codecs.Seed, fallback,
            _ => true);

    /// <inheritdoc cref="Integer"/>
    /// <summary>On or off.</summary>
    public static Setting<bool> Flag(string name, string meaning, bool fallback = false, string? option = null) =>
        new(name, meaning, "true or false", "true|false", option, null, Codecs.Flag, fallback, _ => true);

    /// <summary>
    /// The path of a file that the fit reads; empty by default, which is written <c>none</c>. What the file holds
    /// counts as data: a checkpoint or a search is not gone on with after it has changed.
    /// </summary>
    /// <param name="name">Its name.</param>
    /// <param name="meaning">What it does, in a sentence.</param>
    /// <param name="placeholder">What stands for the value in help texts, such as FILE.</param>
    /// <param name="option">Its option; null, the default, for its name with dashes.</param>
    public static Setting<string> Text(string name, string meaning, string placeholder, string? option = null) =>
        new(name, meaning, $"a text without control characters, or {Codecs.None}", placeholder, option, null,
            Codecs.Text, "", value => value.EnumerateRunes().All(letter => !Rune.IsControl(letter)
                && (letter != Rune.ReplacementChar || value.Contains('\uFFFD'))));

    /// <inheritdoc cref="Integer"/>
    /// <summary>One of an enumeration's values, written in lower case.</summary>
    public static Setting<T> Choice<T>(string name, string meaning, T fallback, string? option = null,
        string? paper = null)
        where T : struct, Enum =>
        new(name, meaning, $"one of {string.Join(", ", Codecs.Names<T>())}", string.Join('|', Codecs.Names<T>()),
            option, paper, Codecs.Choice<T>(), fallback, Enum.IsDefined);

    /// <inheritdoc cref="Integer"/>
    /// <summary>Widths of up to <see cref="MostWidths"/> layers, as <see cref="Width"/>; there may be none, which
    /// the width 0 alone says too.</summary>
    public static Setting<IReadOnlyList<int>> Widths(string name, string meaning, IReadOnlyList<int> fallback,
        string? option = null, string? paper = null) =>
        new(name, meaning, $"up to {MostWidths} whole numbers from 1 to {LargestWidth}, separated by commas, or none",
            "N[,N...]|none", option, paper, Codecs.Widths, fallback,
            value => value.Count <= MostWidths && value.All(IsWidth));

    private static bool IsWidth(int width) => width is >= 1 and <= LargestWidth;
}

/// <summary>
/// A setting whose values are of one type: the key by which code reads it from <see cref="Settings"/>.
/// </summary>
/// <typeparam name="T">Type of its values.</typeparam>
public sealed class Setting<T> : Setting
{
    private readonly Codec<T> codec;
    private readonly Func<T, bool> valid;

    internal Setting(string name, string meaning, string expected, string placeholder, string? option, string? paper,
        Codec<T> codec, T fallback, Func<T, bool> valid)
        : base(name, meaning, expected, placeholder, option, paper) =>
            (this.codec, Default, this.valid) = (codec, fallback, valid);

    /// <summary>The value if none is given.</summary>
    public T Default { get; }

    /// <summary>The same setting with another default, for one model.</summary>
    /// <param name="value">The new default.</param>
    /// <param name="paper">
    /// What that model's paper uses, <see cref="Setting.Same"/> if that is this default; null, the default, if it does
    /// not say.
    /// </param>
    public Setting<T> WithDefault(T value, string? paper = null) =>
        new(Name, Meaning, Expected, Placeholder, Option, paper, codec, value, valid);

    /// <summary>The values that a search for settings tries.</summary>
    /// <param name="values">The values, at least one.</param>
    /// <exception cref="ArgumentException">
    /// One is out of range; the message names the setting, the value and what was expected.
    /// </exception>
    public SettingGrid Over(params IReadOnlyList<T> values)
    {
        ArgumentOutOfRangeException.ThrowIfZero(values.Count);
        foreach (T value in values)
            Check(value);
        return new(this, [.. values.Select(value => Format(value))]);
    }

    internal override object? DefaultValue => Default;

    internal override object? Parse(string text)
    {
        T value;
        try
        {
            value = codec.Parse(text);
        }
        catch (Exception e) when (e is FormatException or OverflowException)
        {
            throw new FormatException($"found '{text}'; expected {Expected}", e);
        }
        return valid(value) ? value : throw new FormatException($"found '{text}'; expected {Expected}");
    }

    internal override string Format(object? value) => codec.Format((T)value!);

    internal override object? Read(JsonElement json)
    {
        try
        {
            return codec.Read(json);
        }
        catch (Exception e) when (e is FormatException or InvalidOperationException)
        {
            throw Wrong(json.GetRawText());
        }
    }

    internal override void Write(Utf8JsonWriter json, object? value) => codec.Write(json, (T)value!);

    internal override void Check(object? value)
    {
        if (!valid((T)value!))
            throw Wrong(Format(value));
    }

    private ArgumentException Wrong(string value) =>
        new($"{Name} is {TerminalText.Cut(value)}; expected {Expected}", Name);
}
