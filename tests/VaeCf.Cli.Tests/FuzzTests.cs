extern alias Endurance;

using Endurance::VaeCf.Endurance;
using Endurance::VaeCf.Endurance.Fuzz;

namespace VaeCf.Cli.Tests;

/// <summary>A few thousand of the inputs of which <c>fuzz</c> of VaeCf.Endurance makes millions.</summary>
public sealed class FuzzTests : IClassFixture<FuzzTests.Targets>
{
    private const int Inputs = 300;

    private readonly Targets targets;

    public FuzzTests(Targets targets) => this.targets = targets;

    /// <summary>All targets; their files go with the last test.</summary>
    public sealed class Targets : IDisposable
    {
        private readonly Endurance::VaeCf.Tests.Support.TemporaryFolder folder = new();
        private readonly Lazy<FuzzTarget[]> all;

        public Targets() => all = new(() => [.. FuzzCommand.Targets(folder)]);

        internal FuzzTarget Named(string name) => all.Value.Single(target => target.Name == name);

        public void Dispose() => folder.Dispose();
    }

    [Theory]
    [InlineData("model")]
    [InlineData("model-file")]
    [InlineData("tensors")]
    [InlineData("checkpoint")]
    [InlineData("settings")]
    [InlineData("case")]
    [InlineData("clicks")]
    [InlineData("clicks-file")]
    [InlineData("packed")]
    [InlineData("titles")]
    [InlineData("split")]
    [InlineData("arguments")]
    public void Every_input_is_read_or_refused_in_bounded_time_and_memory(string target)
    {
        var failures = new List<string>();
        var run = new FuzzRun(targets.Named(target), seed: 20, (what, _) => failures.Add(what));
        run.Run(first: 0, Inputs, TimeSpan.FromMinutes(5));
        Assert.Empty(failures);
        Assert.Equal(Inputs, run.Inputs);
        Assert.InRange(run.Refused, 1, Inputs - 1);
    }
}
