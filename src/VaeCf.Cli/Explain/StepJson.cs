using System.Text.Json;
using VaeCf.Native.Verification;

namespace VaeCf.Cli.Explain;

/// <summary>A training step as JSON.</summary>
internal static class StepJson
{
    // Numbers of an array that are written; of a larger one its norm stands for them.
    private const int MostNumbers = 10_000;

    /// <summary>Writes an object.</summary>
    /// <param name="json">Where to.</param>
    /// <param name="step">The step.</param>
    /// <param name="items">What each item is called.</param>
    public static void Write(Utf8JsonWriter json, TracedStep step, Func<int, string> items)
    {
        json.WriteStartObject();
        json.WriteString("model", step.Settings.Type.Name);
        json.WritePropertyName("settings");
        step.Settings.WriteJson(json);
        json.WriteStartArray("history");
        foreach (int item in step.Clicks.ItemsOf(0))
            json.WriteStringValue(items(item));
        json.WriteEndArray();
        json.WriteStartObject("loss");
        foreach ((string name, double value) in ((string, double)[])[("reconstruction", step.Reconstruction),
            ("kl", step.Kl), ("beta", step.Beta), ("l2", step.Regularization), ("total", step.Loss)])
            json.WriteNumberOrNull(name, value);
        json.WriteEndObject();
        foreach ((string name, IReadOnlyList<TracedArray> arrays) in ((string, IReadOnlyList<TracedArray>)[])[
            ("parameters", step.Parameters), ("noise", step.Noise), ("forward", step.Forward),
            ("gradients", step.Gradients), ("updated", step.Updated)])
        {
            json.WriteStartArray(name);
            foreach (TracedArray array in arrays)
                Write(json, step, array, hasText: name is "forward" or "gradients");
            json.WriteEndArray();
        }
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, TracedStep step, TracedArray array, bool hasText)
    {
        json.WriteStartObject();
        json.WriteString("name", array.Name);
        if (hasText && StepText.Of(step, array.Name) is var text)
        {
            json.WriteString("formula", text.Formula);
            json.WriteString("code", text.Code);
            json.WriteString("kernel", text.Kernel);
        }
        json.WriteNumber("rows", array.Rows);
        json.WriteNumber("columns", array.Columns);
        json.WriteNumberOrNull("norm", array.Norm);
        if (array.Values.Count <= MostNumbers)
        {
            json.WriteStartArray("numbers");
            foreach (double value in array.Values)
                json.WriteNumberOrNull(value);
            json.WriteEndArray();
        }
        if (array.Checks.Count > 0)
        {
            json.WriteStartArray("slopes");
            foreach (SlopeCheck check in array.Checks)
            {
                json.WriteStartObject();
                json.WriteNumber("entry", check.Entry);
                json.WriteNumberOrNull("gradient", check.Gradient);
                json.WriteNumberOrNull("slope", check.Slope);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteNumberOrNull("error", array.Error!.Value);
        }
        json.WriteEndObject();
    }
}
