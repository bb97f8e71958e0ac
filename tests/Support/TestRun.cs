using System.Reflection;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace VaeCf.Tests.Support;

/// <summary>Runs the tests of an assembly in this process, where no test runner is installed.</summary>
internal sealed class TestRun : LongLivedMarshalByRefObject, IMessageSink, IDisposable
{
    private readonly ManualResetEventSlim finished = new();
    private int passed, failed;

    /// <summary>Prints what fails and the counts; 0 where nothing failed and something ran.</summary>
    public static int All(Assembly assembly)
    {
        using var run = new TestRun();
        using var framework = new XunitTestFramework(run);
        using ITestFrameworkExecutor executor = framework.GetExecutor(assembly.GetName());
        executor.RunAll(run, new Settings(), new Settings());
        run.finished.Wait();
        Console.WriteLine($"{run.passed} passed, {run.failed} failed");
        return run.failed == 0 && run.passed > 0 ? 0 : 1;
    }

    public bool OnMessage(IMessageSinkMessage message)
    {
        switch (message)
        {
            case ITestPassed test:
                passed++;
                Console.WriteLine($"passed {test.Test.DisplayName}, {test.ExecutionTime:0.0} s");
                break;
            case ITestFailed test:
                Fail(test.Test.DisplayName, test);
                break;
            case ITestAssemblyFinished:
                finished.Set();
                break;
            case IFailureInformation fault:
                Fail(message.GetType().Name, fault);
                break;
        }
        return true;
    }

    private void Fail(string name, IFailureInformation fault)
    {
        failed++;
        Console.WriteLine(
            $"FAILED {name}\n{string.Join('\n', fault.Messages)}\n{string.Join('\n', fault.StackTraces)}");
    }

    public void Dispose() => finished.Dispose();

    /// <summary>The framework's own settings, none of them set.</summary>
    private sealed class Settings : ITestFrameworkDiscoveryOptions, ITestFrameworkExecutionOptions
    {
        private readonly Dictionary<string, object?> values = [];

        public TValue GetValue<TValue>(string name) =>
            values.TryGetValue(name, out object? value) ? (TValue)value! : default!;

        public void SetValue<TValue>(string name, TValue value) => values[name] = value;
    }
}
