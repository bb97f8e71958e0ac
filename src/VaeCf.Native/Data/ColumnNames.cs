namespace VaeCf.Native.Data;

/// <summary>
/// Names that columns commonly have, in lower case, without what stands between their words and without RecBole's types
/// (<c>user_id:token</c>).
/// </summary>
internal static class ColumnNames
{
    public static readonly string[] User =
        ["user", "userid", "uid", "reviewerid", "customerid", "memberid", "visitorid", "sessionid"];

    public static readonly string[] Item =
        ["item", "itemid", "iid", "sid", "movie", "movieid", "animeid", "artistid", "songid", "trackid", "bookid",
            "productid", "isbn", "asin", "venueid", "businessid", "gameid", "articleid", "newsid", "parentasin"];

    /// <summary>What is rated on a scale, so that a low value is a dislike.</summary>
    public static readonly string[] Rating =
        ["rating", "stars", "overall", "score", "bookrating", "reviewoverall"];

    /// <summary>What counts how often something was done, so that every value above 0 is a click.</summary>
    public static readonly string[] Count =
        ["count", "plays", "playcount", "weight", "listens", "quantity", "frequency", "clicks", "views"];

    /// <summary>What may be either.</summary>
    public static readonly string[] Value = ["value", "feedback"];

    public static readonly string[] Time =
        ["timestamp", "time", "unixreviewtime", "date", "datetime", "utctime", "createdat", "eventtime"];

    public static readonly string[] ItemOfTitle = ["id", .. Item, "animeids"];

    public static readonly string[] Title = ["title", "name"];

    public static readonly string[] Features = ["genres", "genre", "features", "categories", "category", "tags", "tag"];

    /// <summary>The indices of the names that are among the common ones.</summary>
    public static int[] Find(string[] names, params ReadOnlySpan<string> common)
    {
        var found = new List<int>();
        for (int i = 0; i < names.Length; i++)
            if (common.Contains(Plain(names[i])))
                found.Add(i);
        return [.. found];
    }

    private static string Plain(string name)
    {
        int type = name.IndexOf(':');
        if (type > 0 && name[(type + 1)..] is "token" or "token_seq" or "float" or "float_seq")
            name = name[..type];
        return string.Concat(name.Where(c => c is not ('_' or '-' or ' ' or '.'))).ToLowerInvariant();
    }
}
