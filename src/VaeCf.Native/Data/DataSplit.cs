using System.Security.Cryptography;

namespace VaeCf.Native.Data;

/// <summary>
/// Users to evaluate: the clicks that the model sees of each, and the held-out ones that it must predict. Row u of both
/// is the same user.
/// </summary>
/// <param name="FoldIn">Clicks shown to the model, with their order where the data has it; never ranked.</param>
/// <param name="HeldOut">
/// Held-out clicks, the targets. A user without any is left out of the metrics, and counted as such.
/// </param>
/// <param name="Users">Original id of each row; null if unknown.</param>
public sealed record EvaluationSet(ClickMatrix FoldIn, ClickMatrix HeldOut, Vocabulary? Users = null)
{
    /// <summary>
    /// Items that each user's targets are to be ranked among, where the data says so
    /// (<see cref="Evaluation.SampledEvaluator"/>); null, the default, where it does not.
    /// </summary>
    public ClickMatrix? Negatives { get; init; }

    /// <summary>
    /// A fingerprint of the clicks, as 64 hexadecimal digits: figures of users may be paired where it is the same, for
    /// then they are the same users in the same order.
    /// </summary>
    public string Fingerprint()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        AppendTo(hash);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    internal void AppendTo(IncrementalHash hash)
    {
        FoldIn.AppendTo(hash);
        HeldOut.AppendTo(hash);
    }
}

/// <summary>
/// Data cut for training, validation and test. Under strong generalisation the three hold different users; under weak
/// generalisation and leave-one-out they hold the same users, and the fold-in is what came before.
/// </summary>
/// <param name="Items">Original id of each column.</param>
/// <param name="Train">Clicks to train on.</param>
/// <param name="Validation">The users that choose the best epoch; null if there are none.</param>
/// <param name="Test">The users for the one evaluation at the end; null if there are none.</param>
/// <param name="TrainUsers">Original id of each row of <paramref name="Train"/>; null if unknown.</param>
public sealed record DataSplit(Vocabulary Items, ClickMatrix Train, EvaluationSet? Validation, EvaluationSet? Test,
    Vocabulary? TrainUsers = null)
{
    /// <summary>A split without held-out clicks: all users and items are trained on.</summary>
    /// <param name="clicks">The clicks to train on.</param>
    public static DataSplit All(ClickData clicks)
    {
        ArgumentNullException.ThrowIfNull(clicks);
        return new(clicks.Items, clicks.Matrix, null, null, clicks.Users);
    }

    /// <summary>
    /// The split with what validation held out trained on as well, and nothing to validate by: for the last fit, by
    /// settings that validation chose, before the test.
    /// </summary>
    /// <exception cref="InputException">There are no validation users, or users' ids are not known.</exception>
    public DataSplit TrainedOnValidation()
    {
        if (TrainUsers is null || Validation is not { Users: { } validationUsers } set)
            throw new InputException("found no validation users whose ids are known; expected some to train on");
        var rows = new ClickRows(Train.HasValues, Train.HasTimestamps && set.HeldOut.HasTimestamps);
        Vocabulary users = Vocabulary.Union(TrainUsers, validationUsers);
        void Add(ClickMatrix clicks, Vocabulary ids, Func<int, bool> which)
        {
            for (int row = 0; row < clicks.UserCount; row++)
                if (which(row))
                    clicks.CopyTo(rows, row, [.. Enumerable.Range(0, clicks.CountOf(row))], users.IndexOf(ids[row]));
        }
        Add(Train, TrainUsers, _ => true);
        // The fold-in of a user who is trained on already is what is trained on.
        Add(set.FoldIn, validationUsers, row => TrainUsers.IndexOf(validationUsers[row]) < 0);
        Add(set.HeldOut, validationUsers, _ => true);
        ClickMatrix train =
            rows.ToMatrix(users.Count, Train.ItemCount, Train.HasOrder && set.HeldOut.HasOrder, out _);
        return this with { Train = train, TrainUsers = users, Validation = null };
    }

    /// <summary>Users and clicks of each part, as the command prints them.</summary>
    public override string ToString()
    {
        var table = new TextTable("", "users", "clicks", "held out");
        table.Add("train", TextTable.Number(Train.UserCount), TextTable.Number(Train.ClickCount), "");
        (string, EvaluationSet?)[] sets = [("validation", Validation), ("test", Test)];
        foreach ((string name, EvaluationSet? set) in sets)
            if (set is not null)
                table.Add(name, TextTable.Number(set.FoldIn.UserCount), TextTable.Number(set.FoldIn.ClickCount),
                    TextTable.Number(set.HeldOut.ClickCount));
        return $"{table}{Environment.NewLine}{TextTable.Number(Items.Count)} items";
    }

    /// <summary>
    /// Numbers the users of all three parts as one, from 0 in the order train, validation, test: the same id is the
    /// same user. Users of a part whose ids are unknown are new ones, and <c>Ids</c> is null then.
    /// </summary>
    internal (int[] Train, int[] Validation, int[] Test, string[]? Ids) NumberUsers()
    {
        var numberOf = new Dictionary<string, int>(StringComparer.Ordinal);
        int count = 0;
        int[] Number(ClickMatrix? rows, Vocabulary? users)
        {
            var numbers = new int[rows?.UserCount ?? 0];
            for (int row = 0; row < numbers.Length; row++)
            {
                numbers[row] = count;
                if (users is null || numberOf.TryAdd(users[row], count))
                    count++;
                else
                    numbers[row] = numberOf[users[row]];
            }
            return numbers;
        }
        int[] train = Number(Train, TrainUsers), validation = Number(Validation?.FoldIn, Validation?.Users),
            test = Number(Test?.FoldIn, Test?.Users);
        // Entries of a dictionary that nothing was removed from come in the order they were added.
        return (train, validation, test, numberOf.Count == count ? [.. numberOf.Keys] : null);
    }
}
