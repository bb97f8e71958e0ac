using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Evaluation;
using VaeCf.Native.Persistence;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Tests.Evaluation;
using VaeCf.Native.Training;

namespace VaeCf.Native.Tests.Training;

/// <summary>
/// What docs/reproducibility.md promises of one device, for every model of the catalog: neither threads, nor blocks,
/// nor what is saved or asked beside it changes a bit.
/// </summary>
public sealed class SameBitsTests : IDisposable
{
    private const int Items = 300;

    private static readonly int[] threads = [1, 2, 3, 7];

    // So many items and users that kernels are cut into parts.
    private static readonly DataSplit split = Small.TwoTastes(trainUsers: 230, Items, heldOut: 60);

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private static byte[] Train(string model, int threads, Action<FitProgress>? progress = null)
    {
        using Device device = Device.Cpu(threads);
        using var run = new FitRun(Small.For(model, split), Small.Sized(model), device);
        using Recommender made = run.Run(progress);
        return made.Bytes();
    }

    private static Recommender Load(byte[] model, Device device) => Recommender.Load(new MemoryStream(model), device);

    [Theory, MemberData(nameof(Small.Catalogue), MemberType = typeof(Small))]
    public void Neither_threads_nor_captures_nor_checkpoints_change_a_byte_of_a_model(string model)
    {
        byte[] alone = Train(model, threads[0]);
        Assert.All(threads[1..], count => Assert.Equal(alone, Train(model, count)));
        Assert.Equal(alone, Train(model, threads: 2, now =>
        {
            if (now.Step > 0)
                CheckpointFile.Save(folder["c"], now.Run.Capture());
        }));
    }

    [Theory, MemberData(nameof(Small.Catalogue), MemberType = typeof(Small))]
    public void Neither_threads_nor_blocks_change_a_measure_or_the_best_epoch(string model)
    {
        using Device one = Device.Cpu(1);
        using var run = new FitRun(Small.For(model, split), Small.Sized(model), one);
        using Recommender made = run.Run();
        byte[] bytes = made.Bytes();
        var expected = Evaluator.Evaluate(made, split.Test!, new EvaluationOptions { Train = split.Train });
        foreach ((int count, int block) in (ReadOnlySpan<(int, int)>)[(1, 1), (3, 7), (7, 59), (2, 60)])
        {
            using Device device = Device.Cpu(count);
            using Recommender same = Load(bytes, device);
            Assert.Equal(Sets.Json(expected), Sets.Json(Evaluator.Evaluate(same, split.Test!,
                new EvaluationOptions { Train = split.Train, BlockSize = block })));
            // What chose the best epoch was measured in one block.
            if (run.Settings.Type.PredictsRatings)
                Assert.Equal(run.Best!.Validation, RatingEvaluator.Evaluate(same, Small.For(model, split).Validation!,
                    same.Info.Scale!.Value).All.Rmse.Value);
            else
                Assert.Equal(run.Best!.Validation, Evaluator.Evaluate(same, split.Validation!,
                new EvaluationOptions { Cutoffs = [FitRun.ValidationCutoff], BlockSize = block })
                .At(FitRun.ValidationCutoff).Ndcg.Value);
        }
    }

    [Theory, MemberData(nameof(Small.Catalogue), MemberType = typeof(Small))]
    public void An_answer_depends_on_nobody_else_who_is_asked(string model)
    {
        const int k = 30;
        byte[] bytes = Train(model, threads: 2);
        var users = new Histories(split.Test!.FoldIn);
        int[] everybody = [.. Enumerable.Range(0, users.Clicks.UserCount)];
        using Device one = Device.Cpu(1);
        using Recommender alone = Load(bytes, one);
        Answer[] expected = [.. everybody.Select(user => Ask(alone, [user])[0])];
        int[] shuffled = [.. everybody], repeated = [3, 4, 3, 3];
        new Random(1).Shuffle(shuffled);
        foreach (int count in threads)
        {
            using Device device = Device.Cpu(count);
            using Recommender same = Load(bytes, device);
            Assert.All((int[][])[everybody, [.. everybody.Reverse()], shuffled, [.. shuffled.Take(9)], repeated],
                rows => Assert.Equal(rows.Select(user => expected[user]), Ask(same, rows)));
        }

        Answer[] Ask(Recommender recommender, int[] rows)
        {
            int length = recommender.CodeLength;
            var (items, scores, codes) =
                (new int[rows.Length * k], new float[rows.Length * k], new float[rows.Length * length]);
            recommender.Rank(users, rows, k, RankFilter.None, items, scores);
            if (length > 0)
                recommender.Encode(users, rows, codes);
            return [.. rows.Select((_, row) => new Answer(string.Join(' ', items.Skip(row * k).Take(k)),
                Bits(scores, row * k, k), Bits(codes, row * length, length)))];
        }

        static string Bits(float[] numbers, int first, int count) => string.Join(' ',
            numbers.Skip(first).Take(count).Select(BitConverter.SingleToInt32Bits));
    }

    private sealed record Answer(string Items, string Scores, string Code);
}
