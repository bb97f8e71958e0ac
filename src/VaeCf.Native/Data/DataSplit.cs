namespace VaeCf.Native.Data;

/// <summary>Users to be evaluated: what the model sees of each, and what it must find. Row u of both is the same user.</summary>
/// <param name="FoldIn">Clicks shown to the model; never ranked.</param>
/// <param name="HeldOut">Clicks to be found. A user without any is left out of the metrics and counted.</param>
public sealed record EvaluationSet(ClickMatrix FoldIn, ClickMatrix HeldOut);

/// <summary>
/// Data cut for training, validation and test. Under strong generalisation the three hold different users; under weak
/// generalisation and leave-one-out they hold the same users, and the fold-in is what came before.
/// </summary>
/// <param name="Items">Original id of each column.</param>
/// <param name="Train">Clicks to train on.</param>
/// <param name="Validation">Chooses the best epoch; null where there is none.</param>
/// <param name="Test">Used once, at the end; null where there is none.</param>
public sealed record DataSplit(Vocabulary Items, ClickMatrix Train, EvaluationSet? Validation, EvaluationSet? Test);
