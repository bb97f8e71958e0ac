using System.Globalization;
using System.Text.Json;
using Spectre.Console;
using VaeCf.Native.Data;
using VaeCf.Native.Evaluation;

namespace VaeCf.Cli;

/// <summary>A model's measures on a set of users, and those of popularity on the same.</summary>
internal sealed record Comparison(EvaluationReport Model, EvaluationReport Popularity)
{
    /// <summary>Measures both.</summary>
    public static Comparison Of(IRanker model, DataSplit split, EvaluationSet set, EvaluationOptions options)
    {
        options = options with { Train = split.Train };
        return new(Evaluator.Evaluate(model, set, options), Evaluator.Evaluate(new PopularityRanker(split.Train), set, options));
    }

    /// <summary>Writes a table of chosen measures, each a mean or a single number, and how many users they are over.</summary>
    public void Write(CommandContext context, IEnumerable<(string Name, Func<EvaluationReport, Estimate?> Of)> measures)
    {
        Table table = context.NewTable("", "model", "popularity");
        foreach ((string name, Func<EvaluationReport, Estimate?> of) in measures)
            table.AddRow(name, Text(of(Model)), Text(of(Popularity)));
        context.Output.Write(table);
        context.WriteLine($"means over {DataText.Number(Model.UsersCounted)} users ± standard error; {DataText.Number(Model.UsersWithoutTargets)} users without targets left out");
    }

    /// <summary>Writes both reports as members of the current JSON object.</summary>
    public void WriteJson(Utf8JsonWriter json)
    {
        json.WritePropertyName("model");
        Model.WriteJson(json);
        json.WritePropertyName("popularity");
        Popularity.WriteJson(json);
    }

    /// <summary>A mean and its standard error, as far as they are defined.</summary>
    public static string Text(Estimate? estimate) => estimate is not { } known ? "-" : string.Create(CultureInfo.InvariantCulture,
        $"{known.Value:0.0000}{(known.StandardError is double error ? $" ± {error.ToString("0.0000", CultureInfo.InvariantCulture)}" : "")}");
}
