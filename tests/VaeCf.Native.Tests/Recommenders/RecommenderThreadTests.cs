using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Tests.Training;

namespace VaeCf.Native.Tests.Recommenders;

/// <summary>Many callers at once: each gets the answer that it would get alone.</summary>
public class RecommenderThreadTests
{
    private static readonly string[][] histories = [.. Enumerable.Range(0, 64).Select(user =>
        (string[])[$"{100 + user % 40}", $"{100 + user * 7 % 40}", $"{100 + user * 3 % 40}"])];

    /// <summary>Runs something on threads of its own, all at once, and throws what they throw.</summary>
    private static void OnThreads(int count, Action<int> run)
    {
        using var start = new Barrier(count);
        var failures = new Exception?[count];
        Thread[] threads = [.. Enumerable.Range(0, count).Select(number => new Thread(() =>
        {
            start.SignalAndWait();
            try
            {
                run(number);
            }
            catch (Exception e)
            {
                failures[number] = e;
            }
        }))];
        foreach (Thread thread in threads)
            thread.Start();
        foreach (Thread thread in threads)
            thread.Join();
        Assert.All(failures, Assert.Null);
    }

    [Fact]
    public void Eight_threads_get_the_answers_of_one()
    {
        using Device device = Device.Cpu(2);
        using Recommender first = Small.Trained("multvae", device: device),
            second = Small.Trained("recvae", device: device);
        Recommender[] models = [first, second];
        ScoredItem[][][] expected = [.. models.Select(model => histories
            .Select(history => model.Recommend(history, 6).Items.ToArray()).ToArray())];
        float[][] codes = [
            .. models.Select(model => model.Encode(histories[3].Select(id => new HistoryItem(id))).Flat())];
        OnThreads(8, thread =>
        {
            for (int i = 0; i < 128; i++)
            {
                int user = (i + thread * 5) % 64, which = (i + thread) % 2;
                Assert.Equal(expected[which][user], models[which].Recommend(histories[user], 6).Items);
                if (i % 16 == 0)
                    Assert.Equal(codes[which],
                        models[which].Encode(histories[3].Select(id => new HistoryItem(id))).Flat());
            }
        });
    }

    [Fact]
    public void A_model_is_saved_while_others_ask_it()
    {
        using Recommender model = Small.Trained();
        using var alone = new MemoryStream();
        model.Save(alone);
        OnThreads(4, thread =>
        {
            for (int i = 0; i < 10; i++)
            {
                if (thread > 0)
                    Assert.Equal(6, model.Recommend(histories[i], 6).Items.Count);
                else
                {
                    using var stream = new MemoryStream();
                    model.Save(stream);
                    Assert.Equal(alone.ToArray(), stream.ToArray());
                }
            }
        });
    }

    [Fact]
    public void Calls_that_have_begun_finish_when_it_is_disposed_and_later_ones_are_refused()
    {
        for (int round = 0; round < 5; round++)
        {
            Recommender model = Small.Trained();
            ScoredItem[][] expected = [.. histories.Select(history => model.Recommend(history, 6).Items.ToArray())];
            int answered = 0, refused = 0;
            OnThreads(5, thread =>
            {
                if (thread == 4)
                {
                    SpinWait.SpinUntil(() => Volatile.Read(ref answered) > 20);
                    model.Dispose();
                    return;
                }
                for (int i = 0; ; i = (i + 1) % 64)
                {
                    try
                    {
                        Assert.Equal(expected[i], model.Recommend(histories[i], 6).Items);
                        Interlocked.Increment(ref answered);
                    }
                    catch (ObjectDisposedException)
                    {
                        Interlocked.Increment(ref refused);
                        return;
                    }
                }
            });
            Assert.Equal(4, refused);
            Assert.True(answered > 20);
            model.Dispose();
        }
    }

    [Fact]
    public void A_disposed_model_refuses_every_call()
    {
        Recommender model = Small.Trained();
        model.Dispose();
        Assert.Throws<ObjectDisposedException>(() => model.Recommend(["100"]));
        Assert.Throws<ObjectDisposedException>(() => model.Similar("100"));
        Assert.Throws<ObjectDisposedException>(() => model.Encode([new HistoryItem("100")]));
        Assert.Throws<ObjectDisposedException>(() => model.Save(Stream.Null));
        Assert.Throws<ObjectDisposedException>(() => model.Rank(new Histories(Evaluation.Sets.Clicks(40, [1])), [0], 1,
            RankFilter.None, new int[1], []));
    }
}
