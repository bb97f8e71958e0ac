namespace VaeCf.Cli;

/// <summary>What the process returns.</summary>
internal static class ExitCodes
{
    /// <summary>The command did what it was asked.</summary>
    public const int Good = 0;

    /// <summary>A fault of this program; of <c>verify</c>: the numbers differ.</summary>
    public const int Fault = 1;

    /// <summary>Wrong use or bad input, or a result that could not be written.</summary>
    public const int WrongUse = 2;

    /// <summary>
    /// What is done is saved, but something else could not be written: the log, a checkpoint, a report, what a search
    /// does next, standard output or standard error.
    /// </summary>
    public const int Incomplete = 3;

    /// <summary>Training diverged; the best validated epoch before that is saved.</summary>
    public const int Diverged = 4;

    /// <summary>
    /// Stopped by Ctrl-C, whether or not there was a model to keep; the number that shells use. The process returns 143
    /// where SIGTERM stopped it, 129 where SIGHUP did.
    /// </summary>
    public const int Stopped = 130;

    /// <summary>Whoever read the output has closed it; the number that shells use.</summary>
    public const int PipeClosed = 141;
}
