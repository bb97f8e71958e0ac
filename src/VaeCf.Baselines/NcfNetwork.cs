using VaeCf.Kernels;
using VaeCf.Native.Devices;

namespace VaeCf.Baselines;

/// <summary>Turns gradients into steps of weights.</summary>
internal interface IWeightUpdate
{
    /// <summary>Updates a weight by its gradient.</summary>
    void Update(Tensor gradient, Tensor weight, double decay);

    /// <summary>Updates a weight by x^T dY, x being sparse.</summary>
    void Update(ClickBatch batch, Tensor x, Tensor dY, Tensor weight, double decay);
}

/// <summary>
/// GMF, MLP or NeuMF at work on pairs: forwards, backwards and an update. It has the units of a batch and their
/// gradients; the weights are another's.
/// </summary>
internal sealed class NcfNetwork : IDisposable
{
    private readonly Compute c;
    private readonly NcfWeights weights;
    private readonly OfGmf? gmf;
    private readonly OfMlp? mlp;
    private readonly Tensor f, losses, dBias;

    public NcfNetwork(Compute c, NcfWeights weights)
    {
        (this.c, this.weights) = (c, weights);
        gmf = weights.Gmf is null ? null : new OfGmf(c, weights.Gmf);
        mlp = weights.Mlp is null ? null : new OfMlp(c, weights.Mlp);
        (f, losses, dBias) = (c.Allocate(0, 1), c.Allocate(0, 1), c.Allocate(1, 1));
    }

    /// <summary>The logit of each pair without the bias, [B, 1].</summary>
    public Tensor Logits(PairBatch pairs)
    {
        f.Resize(pairs.Count);
        c.Fill(0, f);
        gmf?.AddTo(f, pairs);                                             // f = h . (p_u * q_i)
        mlp?.AddTo(f, pairs);                                             // f += h . a_L
        return f;
    }

    /// <summary>An update of all weights; the loss of each pair before it.</summary>
    public double[] Train(PairBatch pairs, IWeightUpdate by)
    {
        Logits(pairs);
        var loss = new OutputLoss(Likelihood.Logistic, Scale: 1.0 / pairs.Count);
        c.SampledLoss(pairs.Labels, loss, weights.Bias, f, losses);       // f + c, then df = (s(f + c) - y) / B
        gmf?.Backward(f, pairs, by);
        mlp?.Backward(f, pairs, by);
        c.BiasGradient(f, dBias);                                         // dc = sum of df
        by.Update(dBias, weights.Bias, 0);
        var values = new double[pairs.Count];
        c.Read(losses, values);
        return values;
    }

    public void Dispose()
    {
        foreach (IDisposable? one in (IDisposable?[])[gmf, mlp, f, losses, dBias])
            one?.Dispose();
    }

    private sealed class OfGmf : IDisposable
    {
        private readonly Compute c;
        private readonly GmfWeights weights;
        private readonly Tensor p, q, product, dP, dQ, dOutput;

        public OfGmf(Compute c, GmfWeights weights)
        {
            (this.c, this.weights) = (c, weights);
            Tensor Units() => c.Allocate(0, weights.User.Columns);
            (p, q, product, dP, dQ) = (Units(), Units(), Units(), Units(), Units());
            dOutput = c.Allocate(1, weights.User.Columns);
        }

        public void AddTo(Tensor f, PairBatch pairs)
        {
            c.SparseGemm(pairs.Users, pairs.Ones, weights.User, p);       // p_u
            c.SparseGemm(pairs.Items, pairs.Ones, weights.Item, q);       // q_i
            c.Hadamard(p, q, product);                                    // p_u * q_i
            c.GemmAdd(Transpose.B, product, weights.Output, f);           // f += h . (p_u * q_i)
        }

        public void Backward(Tensor df, PairBatch pairs, IWeightUpdate by)
        {
            c.Gemm(Transpose.A, df, product, dOutput);                    // dh = df' (p_u * q_i)
            c.Gemm(Transpose.None, df, weights.Output, dP);               // d(p_u * q_i) = df h
            c.HadamardGradient(p, q, dP, dP, dQ);                         // dp_u = df h * q_i, dq_i = df h * p_u
            by.Update(dOutput, weights.Output, 0);
            by.Update(pairs.Users, pairs.Ones, dP, weights.User, 0);
            by.Update(pairs.Items, pairs.Ones, dQ, weights.Item, 0);
        }

        public void Dispose()
        {
            foreach (Tensor tensor in (Tensor[])[p, q, product, dP, dQ, dOutput])
                tensor.Dispose();
        }
    }

    private sealed class OfMlp : IDisposable
    {
        private readonly Compute c;
        private readonly MlpWeights weights;
        private readonly Tensor p, q, dP, dQ, dOutput;
        private readonly Tensor[] units, dUnits, dLayers, dBiases;

        public OfMlp(Compute c, MlpWeights weights)
        {
            (this.c, this.weights) = (c, weights);
            Tensor Vectors() => c.Allocate(0, weights.User.Columns);
            Tensor[] Units() => [.. weights.Biases.Select(bias => c.Allocate(0, bias.Columns))];
            (p, q, dP, dQ) = (Vectors(), Vectors(), Vectors(), Vectors());
            dOutput = c.Allocate(1, weights.Output.Columns);
            (units, dUnits) = (Units(), Units());
            dLayers = [.. weights.Layers.Select(layer => c.Allocate(layer.Rows, layer.Columns))];
            dBiases = [.. weights.Biases.Select(bias => c.Allocate(1, bias.Columns))];
        }

        public void AddTo(Tensor f, PairBatch pairs)
        {
            c.SparseGemm(pairs.Users, pairs.Ones, weights.User, p);       // P_u
            c.SparseGemm(pairs.Items, pairs.Ones, weights.Item, q);       // Q_i
            for (int l = 0; l < units.Length; l++)
            {
                if (l == 0)
                {
                    c.Gemm(Transpose.None, p, weights.OfUser(weights.Layers[0]), units[0]);
                    c.GemmAdd(Transpose.None, q, weights.OfItem(weights.Layers[0]), units[0]); // y = [P_u | Q_i] W_1
                }
                else
                    c.Gemm(Transpose.None, units[l - 1], weights.Layers[l], units[l]); // y = a_(l-1) W_l
                c.AddBiasActivate(Activation.Relu, weights.Biases[l], units[l]); // a_l = relu(y + b_l)
            }
            c.GemmAdd(Transpose.B, units[^1], weights.Output, f);         // f += h . a_L
        }

        public void Backward(Tensor df, PairBatch pairs, IWeightUpdate by)
        {
            c.Gemm(Transpose.A, df, units[^1], dOutput);                  // dh = df' a_L
            c.Gemm(Transpose.None, df, weights.Output, dUnits[^1]);       // da_L = df h
            by.Update(dOutput, weights.Output, 0);
            for (int l = units.Length - 1; l >= 0; l--)
            {
                c.ActivationGradient(Activation.Relu, units[l], dUnits[l]); // dy = da_l where a_l > 0
                c.BiasGradient(dUnits[l], dBiases[l]);                    // db_l = sum over pairs of dy
                if (l > 0)
                {
                    c.Gemm(Transpose.A, units[l - 1], dUnits[l], dLayers[l]); // dW_l = a_(l-1)' dy
                    c.Gemm(Transpose.B, dUnits[l], weights.Layers[l], dUnits[l - 1]); // da_(l-1) = dy W_l'
                }
                else
                    OfVectors();
                by.Update(dLayers[l], weights.Layers[l], 0);
                by.Update(dBiases[l], weights.Biases[l], 0);
            }
            by.Update(pairs.Users, pairs.Ones, dP, weights.User, 0);
            by.Update(pairs.Items, pairs.Ones, dQ, weights.Item, 0);

            // The same with a_0 = [P_u | Q_i], half by half.
            void OfVectors()
            {
                c.Gemm(Transpose.A, p, dUnits[0], weights.OfUser(dLayers[0])); // the upper rows of dW_1 = P' dy
                c.Gemm(Transpose.A, q, dUnits[0], weights.OfItem(dLayers[0])); // the lower ones, Q' dy
                c.Gemm(Transpose.B, dUnits[0], weights.OfUser(weights.Layers[0]), dP); // dP_u
                c.Gemm(Transpose.B, dUnits[0], weights.OfItem(weights.Layers[0]), dQ); // dQ_i
            }
        }

        public void Dispose()
        {
            foreach (Tensor tensor in (Tensor[])[p, q, dP, dQ, dOutput, .. units, .. dUnits, .. dLayers, .. dBiases])
                tensor.Dispose();
        }
    }
}
