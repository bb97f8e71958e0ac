// A training step of Mult-VAE in TorchSharp, as public implementations make it: the batch of clicks made dense, cross
// entropy by log_softmax, Adam. Or bag: the first layer's product by an embedding bag. Hidden 600, latent 200, dropout
// 0.5, beta 0.2; on the CPU. The last line printed is JSON.
// usage: VaeCf.Bench.TorchSharp BATCH ITEMS THREADS STEPS dense|bag

using System.Diagnostics;
using System.Text.Json;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

const int hidden = 600, latent = 200, clicksPerUser = 73, batches = 10, warmUp = 3;
int[] sizes = [.. args.Take(4).Select(int.Parse)];
(int batch, int items, int threads, int steps) = (sizes[0], sizes[1], sizes[2], sizes[3]);
bool isBag = args[4] == "bag";
set_num_threads(threads);
manual_seed(1);

Linear Layer(int from, int to)
{
    Linear layer = nn.Linear(from, to);
    nn.init.xavier_uniform_(layer.weight!);
    nn.init.trunc_normal_(layer.bias!, std: 0.001);
    return layer;
}

Linear first = Layer(items, hidden), code = Layer(hidden, 2 * latent), middle = Layer(latent, hidden),
    last = Layer(hidden, items);
EmbeddingBag bag = nn.EmbeddingBag(items, hidden, mode: EmbeddingBagMode.Sum);
using (no_grad())
    bag.weight!.copy_(first.weight!.t());
Parameter firstWeight = isBag ? bag.weight! : first.weight!;
optim.Optimizer adam = optim.Adam([firstWeight, first.bias!, .. new[] { code, middle, last }
    .SelectMany(layer => new[] { layer.weight!, layer.bias! })], 1e-3);
List<(int User, int Item)[]> clicks = SyntheticBatches();
var times = new List<double>();
for (int step = 0; step < warmUp + steps; step++)
{
    long start = Stopwatch.GetTimestamp();
    using (NewDisposeScope())
        Train(clicks[step % batches]);
    times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
}
times.RemoveRange(0, warmUp);
times.Sort();
Console.WriteLine(JsonSerializer.Serialize(new Dictionary<string, object>
{
    ["medianMs"] = times[times.Count / 2],
    ["bestMs"] = times[0],
    ["torch"] = __version__,
}));

void Train((int User, int Item)[] rows)
{
    Tensor users = tensor([.. rows.Select(click => (long)click.User)]),
        clicked = tensor([.. rows.Select(click => (long)click.Item)]);
    Tensor x = isBag ? users : zeros(batch, items).index_put_(ones(rows.Length), users, clicked);
    Tensor h = tanh(isBag ? Bag(rows, clicked) : first.forward(F.dropout(F.normalize(x), 0.5)));
    Tensor[] parts = code.forward(h).chunk(2, 1);
    (Tensor mu, Tensor logvar) = (parts[0], parts[1]);
    Tensor z = mu + randn_like(mu) * exp(0.5 * logvar),
        logs = F.log_softmax(last.forward(tanh(middle.forward(z))), 1),
        reconstruction = isBag ? -logs.index(users, clicked).sum() / batch : -(logs * x).sum(1).mean(),
        kl = -0.5 * (1 + logvar - mu * mu - exp(logvar)).sum(1).mean();
    adam.zero_grad();
    (reconstruction + 0.2 * kl).backward();
    adam.step();
}

// The first layer's product: each click's row, by 1 / the norm of its user's clicks, or dropped.
Tensor Bag((int User, int Item)[] rows, Tensor clicked)
{
    int[] counts = new int[batch];
    foreach ((int user, _) in rows)
        counts[user]++;
    long[] starts = new long[batch];
    for (int user = 1; user < batch; user++)
        starts[user] = starts[user - 1] + counts[user - 1];
    Tensor values = F.dropout(tensor([.. rows.Select(click => 1 / MathF.Sqrt(counts[click.User]))]), 0.5);
    return bag.forward(clicked, tensor(starts), values) + first.bias!;
}

// User and item of each click, batch by batch: lengths log-normal, popularity 1 / rank^0.9.
List<(int User, int Item)[]> SyntheticBatches()
{
    var random = new Random(1);
    double[] popularity = new double[items];
    double all = 0;
    for (int item = 0; item < items; item++)
        popularity[item] = all += Math.Pow(item + 1, -0.9);
    int Draw()
    {
        int place = Array.BinarySearch(popularity, random.NextDouble() * all);
        return Math.Min(place < 0 ? ~place : place, items - 1);
    }
    double Normal() => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
    double[] lengths = [.. Enumerable.Range(0, batches * batch).Select(_ => Math.Exp(3.6 + 1.1 * Normal()))];
    double mean = lengths.Average();
    return [.. Enumerable.Range(0, batches).Select(number => Enumerable.Range(0, batch).SelectMany(user =>
        Enumerable.Range(0, (int)Math.Clamp(Math.Round(lengths[number * batch + user] * clicksPerUser / mean), 5,
            Math.Max(5, items / 4)))
        .Select(_ => (user, Draw()))).Distinct().Order().ToArray())];
}
