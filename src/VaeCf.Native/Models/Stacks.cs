using VaeCf.Kernels;
using VaeCf.Native.Compute;
using VaeCf.Native.Training;

namespace VaeCf.Native.Models;

/// <summary>
/// The encoder: clicks -> hidden layers (tanh) -> code, parameters <c>encoder.0 …</c>. The last layer's outputs are
/// [mu | logvar], linear, for a variational model; the code after tanh for a denoising one.
/// </summary>
internal sealed class Encoder
{
    private readonly ItemInputLayer first;
    private readonly DenseLayer[] rest;

    public Encoder(ICompute c, int items, IReadOnlyList<int> hidden, int outputs, bool tanhOutput)
    {
        int[] widths = [.. hidden, outputs];
        first = new ItemInputLayer(c, "encoder.0", items, widths[0], tanhOutput || hidden.Count > 0);
        rest = [.. Enumerable.Range(1, widths.Length - 1)
            .Select(l => new DenseLayer(c, $"encoder.{l}", widths[l - 1], widths[l], tanhOutput || l < widths.Length - 1))];
        Layers = [first, .. rest];
    }

    public IReadOnlyList<Layer> Layers { get; }
    public Tensor Output => Layers[^1].Output;
    public Tensor OutputGradient => Layers[^1].OutputGradient;

    public void Forward(ClickBatch batch, Tensor x)
    {
        first.Forward(batch, x);
        for (int l = 0; l < rest.Length; l++)
            rest[l].Forward(Layers[l].Output);
    }

    public void Backward(ClickBatch batch, Tensor x, AdamOptimizer? adam)
    {
        for (int l = rest.Length - 1; l >= 0; l--)
            rest[l].Backward(Layers[l].Output, Layers[l].OutputGradient, adam);
        first.Backward(batch, x, adam);
    }
}

/// <summary>The decoder: code -> hidden layers (tanh), the encoder's mirrored -> logits, parameters <c>decoder.0 …</c>.</summary>
internal sealed class Decoder
{
    private readonly DenseLayer[] hiddenLayers;
    private readonly ItemOutputLayer last;

    public Decoder(ICompute c, int latent, IReadOnlyList<int> hidden, int items)
    {
        int[] widths = [latent, .. hidden.Reverse()];
        hiddenLayers = [.. Enumerable.Range(0, hidden.Count)
            .Select(l => new DenseLayer(c, $"decoder.{l}", widths[l], widths[l + 1], tanh: true))];
        last = new ItemOutputLayer(c, $"decoder.{hidden.Count}", widths[^1], items);
        Layers = [.. hiddenLayers, last];
    }

    public IReadOnlyList<Layer> Layers { get; }

    /// <summary>The logits [B, I]; after the loss their gradient.</summary>
    public Tensor Output => last.Output;

    public void Forward(Tensor z) => last.Forward(Hidden(z));

    public void Backward(Tensor z, Tensor dZ)
    {
        last.Backward(LastInput(z), LastInputGradient(dZ));
        HiddenBackward(z, dZ, adam: null);
    }

    /// <summary>Forward, loss, Backward and the updates.</summary>
    public void Train(ClickBatch batch, Tensor z, Tensor dZ, OutputLoss loss, Tensor losses, AdamOptimizer adam)
    {
        last.Train(batch, Hidden(z), loss, losses, LastInputGradient(dZ), adam);
        HiddenBackward(z, dZ, adam);
    }

    /// <summary>The k best items of each user, none of its clicks, and their logits.</summary>
    public void Rank(ClickBatch batch, Tensor z, int k, Span<int> items, Span<float> scores) => last.Rank(batch, Hidden(z), k, items, scores);

    private Tensor LastInput(Tensor z) => hiddenLayers.Length == 0 ? z : hiddenLayers[^1].Output;

    private Tensor LastInputGradient(Tensor dZ) => hiddenLayers.Length == 0 ? dZ : hiddenLayers[^1].OutputGradient;

    private Tensor Hidden(Tensor z)
    {
        for (int l = 0; l < hiddenLayers.Length; l++)
            hiddenLayers[l].Forward(l == 0 ? z : hiddenLayers[l - 1].Output);
        return LastInput(z);
    }

    private void HiddenBackward(Tensor z, Tensor dZ, AdamOptimizer? adam)
    {
        for (int l = hiddenLayers.Length - 1; l >= 0; l--)
            hiddenLayers[l].Backward(l == 0 ? z : hiddenLayers[l - 1].Output, l == 0 ? dZ : hiddenLayers[l - 1].OutputGradient, adam);
    }
}
