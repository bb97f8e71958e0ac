using VaeCf.Native.Recommenders;
using VaeCf.Native.Verification;

namespace VaeCf.Cli.Explain;

/// <summary>How an array of a training step is computed.</summary>
/// <param name="Formula">
/// In the letters of docs/course/3-gradients.md; a layer reads x and gives y, h is what a hidden layer makes of its
/// a, and w the weight of a user's KL, beta / B.
/// </param>
/// <param name="Code">The statements that compute it.</param>
/// <param name="Kernel">The folders of its kernels, under kernels/, in the order that they run in.</param>
internal sealed record StepText(string Formula, string Code, string Kernel)
{
    /// <summary>Each of the kernels.</summary>
    public string[] Kernels => Kernel.Split(", ");

    private const string Loss = "c.Loss(batch, OutputLoss(batch), Logits, reconstruction);",
        Sampled = "c.Reparameterize(Head, epsilon.Values, z.Value, kl);",
        SampledBack = "c.ReparameterizeGradient(Head, epsilon.Values, z.TakeGradient(), beta / batch.UserCount, "
            + "encoder.Output.NewGradient());",
        Product = "x.Multiply(weight.Value, Output.Value); ",
        Linear = Product + "c.AddBias(bias.Value, Output.Value);",
        Squashed = Product + "c.AddBiasTanh(bias.Value, Output.Value);",
        Kept = "c.Dropout(mask.Values, mask.Keep, Values);";

    /// <summary>How an array of a step is computed, by its name.</summary>
    /// <exception cref="ArgumentException">The step has no array of that name.</exception>
    public static StepText Of(TracedStep step, string name) => Own(step.Settings.Type, name)
        ?? (name.StartsWith("d ", StringComparison.Ordinal) ? Gradient(step, name[2..]) : Forward(step, name))
        ?? throw new ArgumentException($"found the array '{name}'; expected one of the step", nameof(name));

    // What has a formula of its own, or another one in this model than in others.
    private static StepText? Own(ModelType type, string name) => name switch
    {
        "x / norm" => new("x / sqrt(sum x^2)", "c.NormalizeRows(clicks, Values);", "RowNormalize"),
        "x~" or "x~1" => new("(x / norm) mask / keep", Kept, "Dropout"),
        "u~" => new("u mask / keep, u within [0, 1]", "c.Dropout(pseudoMask.Values, pseudoMask.Keep, u.Value);",
            "Dropout"),
        "mu" or "logvar" => new(name == "mu" ? "h W + b, the first Z" : "h W + b, the other Z", Linear, "Gemm, Bias"),
        "z" when type == MultVae.Type => new("mu + epsilon exp(logvar / 2)", Sampled, "Reparameterize"),
        "z" when type == MultDae.Type => new("tanh(h W + b)", Squashed, "Gemm, Tanh"),
        "z" or "z1" or "z2" => new("mean + epsilon exp(logvar / 2)", name == "z1"
            ? "c.Sample(q1.Mean.Value, q1.Logvar.Value, epsilon.Values, z1.Value, logQ1);" : type == RecVae.Type
            ? "c.Sample(encoder.Mean.Value, encoder.Logvar.Value, epsilon.Values, z.Value, logQ);"
            : "c.Sample(rows.OfClicks(mean), rows.OfClicks(logvar), epsilon.Values, Z.Value, LogQ);", "Sample"),
        "f" => new("h W^T + b", "c.Gemm(Transpose.B, x.Value, weight.Value, Logits); c.AddBias(bias.Value, Logits);",
            "Gemm, Bias"),
        "reconstruction" => new("-sum x log softmax(f)", Loss, "LogSoftmax"),
        "KL" when type == MultVae.Type => new("-1/2 sum (1 + logvar - mu^2 - exp logvar)", Sampled, "Reparameterize"),
        "KL" => new("log q - log p", Prior(type), $"Sample, {PriorKernel(type)}"
            + (type == HVamp.Type ? ", NormalLogDensity" : "")),
        "d f" => new("(N softmax(f) - x) / B", Loss, "LogSoftmax"),
        "d z" when type == MultVae.Type => new("da W^T", "c.Gemm(Transpose.B, dY, w, NewGradient());", "Gemm"),
        "d z" or "d z2" => new("dy W^T, and w times the slope of -log p", Slope(type),
            $"Gemm, {PriorKernel(type)}"),
        "d z1" => new("dy W^T + w (z1 - mean) / exp(logvar)", NormalSlope, "Gemm, NormalLogDensity"),
        "d mu" => new("dz + beta mu / B", SampledBack, "Reparameterize"),
        "d logvar" => new("dz epsilon exp(logvar / 2) / 2 + beta (exp(logvar) - 1) / 2B", SampledBack,
            "Reparameterize"),
        "d u" or "d pseudo_inputs" => new("du~ mask / keep where 0 < u < 1",
            "c.ClampGradient(pseudoInputs.Value, 0, 1, dU);", "Clamp"),
        _ => null,
    };

    private static StepText? Forward(TracedStep step, string name) => name switch
    {
        _ when name.Contains(".ln") => new("LayerNorm(a s(a))",
            "c.Swish(a, norms[l].Input); c.LayerNorm(norms[l].Input, norms[l].Weight.Value, norms[l].Bias.Value, "
            + "NormEpsilon, norms[l].Output.Value, norms[l].Statistics);", "Swish, LayerNorm"),
        _ when name.StartsWith("h ", StringComparison.Ordinal) => IsGated(step, name[2..])
            ? new("a s(g)", "c.Gate(linear.Output.Value, gate.Output.Value, Output.Value);", "Gate")
            : new("tanh(x W + b)", Squashed, $"{ProductKernel(step, name[2..])}, Tanh"),
        _ when step.Parameters.Any(p => p.Name == $"{name}.weight") => new(
            name.EndsWith(".gate", StringComparison.Ordinal) ? "x V + c" : "x W + b", Linear,
            $"{ProductKernel(step, name)}, Bias"),
        _ => null,
    };

    private static StepText? Gradient(TracedStep step, string name)
    {
        string layer = name[..Math.Max(0, name.LastIndexOf('.'))], last = step.Gradients[1].Name[2..];
        return name switch
        {
            _ when name.StartsWith("a ", StringComparison.Ordinal) => new("dh (1 - h^2)",
                "c.TanhGradient(Output.Value, Output.OldGradient);", "Tanh"),
            _ when name.StartsWith("h ", StringComparison.Ordinal) => new("dy W^T, of each layer that reads h",
                "x.Gradient(dY, weight.Value);", "Gemm"),
            _ when name.Contains(".ln") => new(
                name.EndsWith("weight", StringComparison.Ordinal) ? "sum over users of dh n" : "sum over users of dh",
                "c.LayerNormGradient(norm.Input, norm.Weight.Value, norm.Statistics, dH, dH, norm.Weight.Gradient, "
                + "norm.Bias.Gradient);", "LayerNorm"),
            _ when name == last => new("df^T h", "c.Gemm(Transpose.A, Logits, x.Value, weight.Gradient);", "Gemm"),
            _ when last == $"{layer}.weight" => new("sum over users of df", "c.BiasGradient(Logits, bias.Gradient);",
                "Bias"),
            _ when name.EndsWith(".weight", StringComparison.Ordinal) => new("x^T dy", "x.Update(dY, weight, update);",
                ProductKernel(step, layer)),
            _ when name.EndsWith(".bias", StringComparison.Ordinal) => new("sum over users of dy",
                "c.BiasGradient(dY, bias.Gradient);", "Bias"),
            _ when name.EndsWith(".gate", StringComparison.Ordinal) => new("dh a s(g) (1 - s(g))", Gates, "Gate"),
            _ when IsGated(step, name) => new("dh s(g)", Gates, "Gate"),
            _ when name.Contains(".fc") => new("ds s(a) (1 + a (1 - s(a)))",
                "c.SwishGradient(layers[l].Output.Value, dH, dA[l]);", "Swish"),
            "p_z1.mean" => new("-w (z1 - mean) / exp(logvar)", NormalSlope, "NormalLogDensity"),
            "p_z1.logvar" => new("w (1 - (z1 - mean)^2 / exp(logvar)) / 2", NormalSlope, "NormalLogDensity"),
            _ when name.EndsWith(".mean", StringComparison.Ordinal) || name.EndsWith(".mu", StringComparison.Ordinal) =>
                new($"dz{OfPseudo(step, name)}", SampleBack(step.Settings.Type, name), "Sample"),
            _ when name.EndsWith(".logvar", StringComparison.Ordinal) =>
                new($"dz epsilon exp(logvar / 2) / 2 - w / 2{OfPseudo(step, name)}",
                    SampleBack(step.Settings.Type, name), "Sample"),
            _ => null,
        };
    }

    private const string Gates = "c.GateGradient(linear.Output.Value, gate.Output.Value, Output.TakeGradient(), "
            + "linear.Output.NewGradient(), gate.Output.NewGradient());",
        NormalSlope = "c.NormalLogDensityGradient(z1.Value, p1.Mean.Value, p1.Logvar.Value, weight, z1.OldGradient, "
            + "p1.Mean.NewGradient(), p1.Logvar.NewGradient());";

    private static bool IsGated(TracedStep step, string layer) =>
        step.Parameters.Any(p => p.Name == $"{layer}.gate.weight");

    // Of the layers, those that read clicks have a row for each item, and more rows where they read units beside them.
    // One that reads pseudo-inputs below the clicks gives more rows than there are users.
    private static string ProductKernel(TracedStep step, string layer)
    {
        int more = step.Parameters.First(p => p.Name == $"{layer}.weight").Rows - step.Clicks.ItemCount;
        return more < 0 ? "Gemm" : more > 0 || step.Forward.Any(array => array.Rows > step.Clicks.UserCount
            && (array.Name == layer || array.Name == $"h {layer}")) ? "SparseGemm, Gemm" : "SparseGemm";
    }

    private static string OfPseudo(TracedStep step, string name) =>
        step[name].Rows > step.Clicks.UserCount ? "; of a pseudo-input from -log p(z)" : "";

    private static string SampleBack(ModelType type, string name) => name.StartsWith("q_z1", StringComparison.Ordinal)
        ? "c.SampleGradient(q1.Logvar.Value, epsilon.Values, z1.TakeGradient(), weight, q1.Mean.NewGradient(), "
            + "q1.Logvar.NewGradient());"
        : type == RecVae.Type
        ? "c.SampleGradient(encoder.Logvar.Value, epsilon.Values, z.TakeGradient(), weight, "
            + "encoder.Mean.NewGradient(), encoder.Logvar.NewGradient());"
        : "c.SampleGradient(rows.OfClicks(logvar), epsilon.Values, Z.TakeGradient(), weight, rows.OfClicks(dMean), "
            + "rows.OfClicks(dLogvar));";

    private static string PriorKernel(ModelType type) =>
        type == RecVae.Type ? "CompositeLogDensity" : "MixtureLogDensity";

    private static string Prior(ModelType type) => type == RecVae.Type
        ? "c.CompositeLogDensity(z.Value, prior.Mean.Value, prior.Logvar.Value, logP);"
        : "c.MixtureLogDensity(Z.Value, rows.OfUnits(mean), rows.OfUnits(logvar), responsibilities, LogP);";

    private static string Slope(ModelType type) => type == RecVae.Type
        ? "c.CompositeLogDensityGradient(z.Value, Old.Mean.Value, Old.Logvar.Value, weight, z.OldGradient);"
        : "c.MixtureLogDensityGradient(Z.Value, rows.OfUnits(mean), rows.OfUnits(logvar), responsibilities, weight, "
            + "Z.OldGradient, rows.OfUnits(dMean), rows.OfUnits(dLogvar));";
}
