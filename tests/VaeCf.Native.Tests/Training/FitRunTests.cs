using VaeCf.Kernels;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Evaluation;
using VaeCf.Native.Recommenders;
using VaeCf.Native.Training;

namespace VaeCf.Native.Tests.Training;

public class FitRunTests
{
    /// <summary>Runs to the end, or to a step, and captures.</summary>
    internal static Checkpoint Train(Settings settings, int threads = 1, int? stopAtStep = null,
        Checkpoint? from = null)
    {
        using Device device = Device.Cpu(threads);
        using var run = new FitRun(Small.TwoTastes(), settings, device, from);
        using var stop = new CancellationTokenSource();
        run.Run(progress =>
        {
            if (progress.Step == stopAtStep)
                stop.Cancel();
        }, stop.Token).Dispose();
        return run.Capture();
    }

    private static void AssertSameBits(IReadOnlyList<SavedTensor> expected, IReadOnlyList<SavedTensor> actual)
    {
        Assert.Equal(expected.Select(tensor => tensor.Name), actual.Select(tensor => tensor.Name));
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First.Values, pair.Second.Values));
    }

    private static void AssertSameBits(Checkpoint expected, Checkpoint actual)
    {
        Assert.Equal(expected.Position, actual.Position);
        Assert.Equal(expected.Numbers, actual.Numbers);
        Assert.Equal(expected.Data, actual.Data);
        AssertSameBits(expected.Model, actual.Model);
        AssertSameBits(expected.State, actual.State);
        Assert.Equal((expected.Best?.Epoch, expected.Best?.Validation),
            (actual.Best?.Epoch, actual.Best?.Validation));
        AssertSameBits(expected.Best?.Tensors ?? [], actual.Best?.Tensors ?? []);
        Assert.Equal(expected.History, actual.History);
    }

    /// <summary>Every model, gated where it can be, with and without its authors' way to train.</summary>
    public static TheoryData<string, bool, bool> Family() => new()
    {
        { "multvae", false, false }, { "multvae", true, true }, { "multdae", false, false }, { "multdae", true, false },
        { "vamp", false, false }, { "vamp", true, true }, { "hvamp", false, false }, { "hvamp", true, true },
        { "recvae", false, false },
    };

    [Theory, MemberData(nameof(Family))]
    public void The_number_of_threads_changes_no_bit(string model, bool gated, bool asKimAndSuh)
    {
        Settings settings = Small.Of(model, gated, asKimAndSuh);
        Checkpoint one = Train(settings);
        AssertSameBits(one, Train(settings, threads: 2));
        AssertSameBits(one, Train(settings, threads: 3));
        Assert.NotEqual(one.Model[0].Values, Train(settings.With(GradientFit.Seed, 6ul)).Model[0].Values);
    }

    [Theory, MemberData(nameof(Family))]
    public void A_run_resumed_from_a_captured_state_ends_with_the_same_bits(string model, bool gated, bool asKimAndSuh)
    {
        Settings settings = Small.Of(model, gated, asKimAndSuh);
        Checkpoint whole = Train(settings);
        // In the first epoch, at its end, in the third, and in the fourth, in which RecVAE's decoder is trained.
        foreach (int step in new[] { 1, 6, 15, 20 })
        {
            Checkpoint part = Train(settings, stopAtStep: step);
            Assert.Equal(step, part.Position.Step);
            AssertSameBits(whole, Train(settings, from: part));
        }
    }

    [Fact]
    public void A_capture_before_the_first_step_and_one_after_the_last_are_where_they_were()
    {
        using var start = new FitRun(Small.TwoTastes(), Small.MultVae);
        AssertSameBits(Train(Small.MultVae), Train(Small.MultVae, from: start.Capture()));

        Checkpoint end = Train(Small.MultVae);
        using var finished = new FitRun(Small.TwoTastes(), Small.MultVae, from: end);
        Assert.True(finished.IsFinished);
        using Recommender model = finished.Run();
        Assert.Equal((end.Best!.Epoch, (double?)end.Best.Validation),
            (model.Info.Epoch, model.Info.Validation));
        Assert.Equal("all 4 epochs are done",
            Assert.Throws<InvalidOperationException>(() => finished.Fit.Step()).Message);
    }

    [Fact]
    public void A_capture_is_a_copy()
    {
        using var run = new FitRun(Small.TwoTastes(), Small.MultVae);
        run.Fit.Step();
        Checkpoint before = run.Capture();
        float[] weights = [.. before.Model[0].Values];
        run.Fit.Step();
        Assert.Equal(weights, before.Model[0].Values);
        Assert.NotEqual(weights, run.Capture().Model[0].Values);
    }

    [Fact]
    public void A_state_of_other_settings_is_refused_and_the_setting_named()
    {
        Checkpoint state = Train(Small.MultVae, stopAtStep: 1);
        void Names(string text, Settings settings) => Assert.Contains(text,
            Assert.Throws<ArgumentException>("from", () =>
                new FitRun(Small.TwoTastes(), settings, from: state)).Message);
        Names("another run: seed is 6, not 5", Small.MultVae.With(GradientFit.Seed, 6ul));
        Names("another run: hidden is 24,12, not 24", Small.MultVae.With(Autoencoders.Hidden, [24, 12]));
        Names("another run: the model is multdae, not multvae", Small.Of("multdae"));
    }

    [Fact]
    public void A_state_of_other_data_is_refused()
    {
        Checkpoint state = Train(Small.MultVae, stopAtStep: 1);
        DataSplit split = Small.TwoTastes();
        int[] clicks = split.Train.Items.ToArray();
        clicks[5] = clicks[5] == 39 ? 38 : clicks[5] + 1;
        void Refused(DataSplit other) => Assert.Contains("other data than these 2",
            Assert.Throws<ArgumentException>("from", () => new FitRun(other, Small.MultVae, from: state)).Message);
        Refused(split with { Train = new ClickMatrix(40, split.Train.RowStarts.ToArray(), clicks) });
        Refused(split with { Items = new Vocabulary([.. Enumerable.Range(101, 40).Select(id => (long)id)]) });
        // A user fewer, with the same number of updates an epoch.
        Refused(Small.TwoTastes(trainUsers: 229));
        Refused(split with { Train = Small.TwoTastesWithCounts().Train });
        // Who validates is not what is trained on.
        using var run = new FitRun(split with { Test = null }, Small.MultVae, from: state);
        Assert.Equal(1, run.Fit.Position.Step);
    }

    [Fact]
    public void A_state_of_other_tensors_is_refused_and_the_tensor_named()
    {
        Checkpoint state = Train(Small.MultVae, stopAtStep: 1);
        void Names(string text, Checkpoint other) => Assert.Contains(text,
            Assert.Throws<ArgumentException>(() => new FitRun(Small.TwoTastes(), Small.MultVae, from: other)).Message);
        SavedTensor first = state.Model[0], moment = state.State[0];
        Names("no tensor 'encoder.0.weight'", state with { Model = [.. state.Model.Skip(1)] });
        Names("a tensor 'more', which", state with { Model = [.. state.Model, first with { Name = "more" }] });
        Names("'encoder.0.weight' has the shape [24, 40]; expected [40, 24]",
            state with { Model = [first with { Shape = [24, 40] }, .. state.Model.Skip(1)] });
        Names("'encoder.0.weight' has 7 numbers; expected 960",
            state with { Model = [first with { Values = first.Values[..7] }, .. state.Model.Skip(1)] });
        Names($"no tensor '{moment.Name}'", state with { State = [.. state.State.Skip(1)] });
        Names("a tensor 'encoder.0.weight', which", state with { State = [.. state.State, first] });
        Names($"'{moment.Name}' has the shape [960]",
            state with { State = [moment with { Shape = [960] }, .. state.State.Skip(1)] });
    }

    [Fact]
    public void A_run_cancelled_before_its_first_step_has_no_model()
    {
        using var run = new FitRun(Small.TwoTastes(), Small.MultVae);
        var reports = new List<FitProgress>();
        OperationCanceledException e = Assert.ThrowsAny<OperationCanceledException>(
            () => run.Run(reports.Add, new CancellationToken(canceled: true)));
        Assert.Equal("stopped before the first step: there is no model", e.Message);
        Assert.Empty(reports);
        Assert.Equal(0, run.Fit.Position.Step);
        Assert.Null(run.Best);
    }

    [Fact]
    public void A_run_cancelled_in_its_first_epoch_gives_the_model_of_its_last_step()
    {
        using var run = new FitRun(Small.TwoTastes(), Small.MultVae);
        using var stop = new CancellationTokenSource();
        using Recommender model = run.Run(_ => stop.Cancel(), stop.Token);
        Assert.Equal((0, null), (model.Info.Epoch, model.Info.Validation));
        Assert.Equal(1, run.Fit.Position.Step);
        Assert.Equal(39, model.Recommend(["100"], 100).Items.Count);
    }

    [Fact]
    public void The_best_validated_epoch_is_the_one_returned()
    {
        DataSplit split = Small.TwoTastes();
        Settings settings = Small.MultVae.With(GradientFit.EpochCount, 12).With(Autoencoders.LearningRate, 0.03);
        using var run = new FitRun(split, settings);
        var reports = new List<FitProgress>();
        using Recommender model = run.Run(reports.Add);
        Assert.All(reports.Where(report => report.Finished is not null), report => Assert.Equal(
            (report.Validation!.At(100).Ndcg.Value, report.Validation.At(100).Ndcg.StandardError),
            (report.Finished!.Validation!.Value, report.ValidationError)));
        // Validation takes its time beside the steps, which users per second and their own time agree on.
        Assert.All(reports, report => Assert.True(report.Fitting > TimeSpan.Zero));
        Assert.All(reports.Where(report => report.Finished is not null), report =>
            Assert.Equal(230, report.UsersPerSecond * report.Fitting.TotalSeconds, 1.0));
        EpochSummary best = run.History.MaxBy(epoch => epoch.Validation)!;
        Assert.Equal((best.Epoch, best.Validation), (model.Info.Epoch, model.Info.Validation));
        Assert.Equal((230, false), (model.Info.TrainUsers, model.Info.TrainedOnCounts));
        Assert.Equal(best.Validation,
            Evaluator.Evaluate(model, split.Validation!, new EvaluationOptions { Cutoffs = [100] }).At(100).Ndcg.Value);
    }

    [Fact]
    public void The_last_epoch_is_validated_whatever_the_interval_and_none_without_validation_users()
    {
        using var run = new FitRun(Small.TwoTastes(), Small.MultVae.With(FitRun.ValidateEvery, 3));
        run.Run().Dispose();
        Assert.Equal([false, false, true, true], run.History.Select(epoch => epoch.Validation is not null));
        using var without = new FitRun(Small.TwoTastes() with { Validation = null }, Small.MultVae);
        using Recommender model = without.Run();
        Assert.Null(without.Best);
        Assert.Equal((4, null), (model.Info.Epoch, model.Info.Validation));
    }

    [Fact]
    public void Patience_counts_from_the_epoch_of_the_cap()
    {
        // A learning rate too small to move: the first validation stays the best.
        Settings settings = Small.MultVae.With(GradientFit.EpochCount, 50).With(Autoencoders.LearningRate, 1e-30)
            .With(FitRun.Patience, 3).With(Autoencoders.AnnealSteps, 600).With(Autoencoders.BetaCap, 0.1);
        Assert.Equal(10 + 3, Train(settings).Position.Epoch);
    }

    [Fact]
    public void Progress_tells_of_every_step_and_every_epoch()
    {
        var reports = new List<FitProgress>();
        using var run = new FitRun(Small.TwoTastes(), Small.MultVae);
        run.Run(reports.Add).Dispose();
        Assert.Equal(Enumerable.Range(1, 24).Select(step => (long)step), reports.Select(report => report.Step));
        Assert.All(reports, report =>
        {
            Assert.True(report is { Epochs: 4, Steps: 24, UsersPerSecond: > 0 } && report.Remaining >= TimeSpan.Zero);
            Assert.Equal(["loss", "reconstruction", "kl", "beta"], report.Measures.Select(measure => measure.Name));
            Assert.All(report.Measures, measure => Assert.True(double.IsFinite(measure.Value), measure.Name));
            Assert.Equal((report.Step + 5) / 6, report.Epoch);
            Assert.Equal(report.Step / 24.0, report.Share, 12);
        });
        Assert.Equal(1, reports[^1].Share);
        Assert.Equal([1, 2, 3, 4],
            reports.Where(report => report.Finished is not null).Select(report => report.Finished!.Epoch));
        Assert.Equal(4, reports.Count(report => report.Validation is not null));
        Assert.Equal(TimeSpan.Zero, reports[^1].Remaining);
        Assert.Equal(run.Best!.Epoch, reports[^1].Best!.Epoch);
    }

    [Fact]
    public void Users_without_clicks_and_a_set_of_one_user_or_one_item_train()
    {
        var withEmpty = new DataSplit(new Vocabulary(new long[] { 1, 2 }), new ClickMatrix(2, [0, 0, 1, 3], [1, 0, 1]),
            null, null);
        var oneItem = new DataSplit(new Vocabulary(new long[] { 1 }), new ClickMatrix(1, [0, 1], [0]), null, null);
        foreach (DataSplit split in new[] { withEmpty, oneItem })
        {
            using var run = new FitRun(split, Small.MultVae);
            using Recommender model = run.Run();
            Assert.Equal(4, model.Info.Epoch);
            Assert.All(run.History, epoch => Assert.True(double.IsFinite(epoch["loss"])));
        }
    }

    [Fact]
    public void Wrong_data_is_named()
    {
        DataSplit split = Small.TwoTastes();
        string Refused(DataSplit data, Settings? settings = null) =>
            Assert.Throws<InputException>(() => new FitRun(data, settings ?? Small.MultVae)).Message;
        DataSplit Counted(float count) =>
            new(new Vocabulary(new long[] { 1 }), new ClickMatrix(1, [0, 1], [0], [count]), null, null);
        Assert.Equal("user 0 has a click that counts -1; the multinomial likelihood expects at least 0",
            Refused(Counted(-1)));
        Assert.Equal("user 0 has a click that counts 2; the logistic likelihood expects 0 to 1",
            Refused(Counted(2), Small.MultVae.With(Autoencoders.Likelihood, Likelihood.Logistic)));
        Assert.Equal("there is nothing to train on: 0 users, 40 items",
            Refused(split with { Train = new ClickMatrix(40, [0], []) }));
        EvaluationSet nothingToFind = split.Validation! with { HeldOut = new ClickMatrix(40, new long[31], []) };
        Assert.Contains("none of the 30 validation users", Refused(split with { Validation = nothingToFind }));
    }

    // Its weights overflow a float in the first update.
    private static readonly Settings diverging = Small.MultVae.With(Autoencoders.LearningRate, 1e300);

    [Fact]
    public void Divergence_before_a_validated_epoch_gives_no_model()
    {
        using var run = new FitRun(Small.TwoTastes(), diverging);
        var e = Assert.Throws<DivergenceException>(() => run.Run());
        Assert.Equal((2L, 1), (e.Step, e.Epoch));
        Assert.Matches(@"^the loss is .* at update 2 \(epoch 1\): training diverged; expected a finite number",
            e.Message);
        Assert.Same(e, run.Divergence);
        Assert.True(run.IsFinished);
        Assert.Same(e, Assert.Throws<DivergenceException>(() => run.Run()));
    }

    [Fact]
    public void Weights_that_are_not_finite_are_never_the_best_nor_returned()
    {
        // One update an epoch: the loss of the first is that of the weights it began with, and finite.
        Settings whole = diverging.With(GradientFit.BatchSize, 1000).With(GradientFit.EpochCount, 1);
        foreach (DataSplit split in new[] { Small.TwoTastes(), Small.TwoTastes() with { Validation = null } })
        {
            using var run = new FitRun(split, whole);
            Assert.Equal("tensor 'encoder.0.weight' holds a number that is not finite at update 1 (epoch 1): training "
                + "diverged; expected a finite number. A lower learning rate or more regularisation may help",
                Assert.Throws<DivergenceException>(() => run.Run()).Message);
            Assert.Null(run.Best);
            Assert.Empty(run.History);
        }
        // Nor are those of a run that is stopped within an epoch.
        using var stop = new CancellationTokenSource();
        using var stopped = new FitRun(Small.TwoTastes(), diverging);
        var e = Assert.Throws<DivergenceException>(() => stopped.Run(_ => stop.Cancel(), stop.Token));
        Assert.Equal((1L, 1), (e.Step, e.Epoch));
    }

    [Fact]
    public void A_gradient_that_is_not_finite_is_divergence_too()
    {
        Settings normalized = Small.MultVae.With(Autoencoders.NormalizeGradients, true)
            .With(Autoencoders.LearningRate, 30).With(GradientFit.EpochCount, 200).With(FitRun.Patience, 0);
        using var run = new FitRun(Small.TwoTastes(), normalized);
        try
        {
            using Recommender model = run.Run();
            Assert.All(model.CopyTensors(), tensor => Assert.True(tensor.Values.All(float.IsFinite), tensor.Name));
        }
        catch (DivergenceException e)
        {
            Assert.Null(run.Best);
            Assert.Same(e, run.Divergence);
        }
        Assert.NotNull(run.Divergence);
    }

    [Fact]
    public void Divergence_after_a_validated_epoch_keeps_the_best()
    {
        using var device = Device.Cpu(1);
        using var run = new FitRun(Small.TwoTastes(), Small.MultVae.With(GradientFit.EpochCount, 5), device);
        // As a learning rate that is too high would have it: in the third epoch a weight is not finite.
        using Recommender model = run.Run(now =>
        {
            if (now.Step != 13)
                return;
            Tensor weight = run.Fit.Model[^1].Value;
            var values = new float[weight.Length];
            run.Fit.Compute.Read(weight, values);
            values[^1] = float.PositiveInfinity;
            run.Fit.Compute.Write(values, weight);
        });
        Assert.Equal((14L, 3), (run.Divergence!.Step, run.Divergence.Epoch));
        Assert.Equal(2, run.History.Count);
        Assert.Equal(run.History.MaxBy(epoch => epoch.Validation)!.Epoch, model.Info.Epoch);
        Assert.All(model.CopyTensors(), tensor => Assert.True(tensor.Values.All(float.IsFinite), tensor.Name));
        using Recommender again = run.Run();
        Assert.Equal(model.Info, again.Info);
    }

    [Fact]
    public void A_cap_of_beta_that_leaves_no_finite_slope_is_refused() =>
        Assert.StartsWith("beta_cap is 1E-320; expected 0, or a number that 12 updates can be divided by",
            Assert.Throws<ArgumentException>(
                () => new FitRun(Small.TwoTastes(), Small.MultVae.With(Autoencoders.BetaCap, 1e-320))).Message);

    [Theory]
    [InlineData(1e20f)]
    [InlineData(-1e16f)]
    public void Counts_whose_squares_cannot_be_added_are_refused(float count)
    {
        string message = Assert.Throws<InputException>(
            () => new ClickMatrix(2, [0, 0, 1], [1], [count])).Message;
        Assert.Equal($"user 1, item 1: found a click that counts {count}; expected at most {ClickMatrix.LargestValue}",
            message);
        Assert.Equal(1e15f, new ClickMatrix(2, [0, 0, 1], [1], [1e15f]).ValuesOf(1)[0]);
    }
}
