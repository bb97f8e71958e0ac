using System.Text.Json;

namespace VaeCf.Bench.Tests;

/// <summary>Markdown and JSON say the same.</summary>
public class ReportTests
{
    [Fact]
    public void A_report_is_its_facts_tables_and_remarks()
    {
        var report = new Report("A title", "1 and 2");
        report.Fact("rate", "Rate", 1234.56, "GB/s");
        report.Fact("peer", "Peer", null, "ms");
        report.Add(new Table("rows", "A table", new("name", "name"), new("ms", "median ms"))).Add("ours", 0.25);
        report.Note("A remark.");
        string markdown = report.Markdown();
        Assert.StartsWith("# A title\n\n`", markdown);
        Assert.Contains("- Threads: 1 and 2\n", markdown);
        Assert.EndsWith("- Rate: 1,235 GB/s\n- Peer: absent\n\n## A table\n\n| name | median ms |\n| --- | ---: |\n| "
            + "ours | 0.250 |\n\nA remark.\n", markdown);
        JsonElement json = JsonDocument.Parse(report.Json()).RootElement;
        Assert.Equal((1234.56, JsonValueKind.Null),
            (json.GetProperty("rate").GetDouble(), json.GetProperty("peer").ValueKind));
        JsonElement row = Assert.Single(json.GetProperty("rows").EnumerateArray());
        Assert.Equal(("ours", 0.25), (row.GetProperty("name").GetString(), row.GetProperty("ms").GetDouble()));
    }
}
