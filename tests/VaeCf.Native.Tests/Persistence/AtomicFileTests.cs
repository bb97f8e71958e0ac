using VaeCf.Native.Persistence;

namespace VaeCf.Native.Tests.Persistence;

public class AtomicFileTests
{
    [Fact]
    public void Replaces_the_old_file_and_leaves_nothing_beside_it()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["a"], "old");
        AtomicFile.Write(folder["a"], stream => stream.Write("new"u8));
        Assert.Equal("new", File.ReadAllText(folder["a"]));
        Assert.Equal(["a"], folder.Files);
    }

    [Fact]
    public void Until_it_is_whole_the_old_file_stands()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["a"], "old");
        AtomicFile.Write(folder["a"], stream =>
        {
            stream.Write("new"u8);
            stream.Flush();
            Assert.Equal("old", File.ReadAllText(folder["a"]));
        });
    }

    [Fact]
    public void A_failure_or_a_cancellation_keeps_the_old_file_and_deletes_the_new_one()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["a"], "old");
        foreach (Exception failure in new Exception[] { new IOException(), new OperationCanceledException() })
        {
            Exception thrown = Assert.ThrowsAny<Exception>(() => AtomicFile.Write(folder["a"], stream =>
            {
                stream.Write("new"u8);
                throw failure;
            }));
            Assert.Same(failure, thrown);
        }
        Assert.Equal("old", File.ReadAllText(folder["a"]));
        Assert.Equal(["a"], folder.Files);
    }

    [Fact]
    public void A_target_that_is_a_folder_fails_and_leaves_nothing()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["a"]);
        Assert.ThrowsAny<Exception>(() => AtomicFile.Write(folder["a"], stream => stream.Write("new"u8)));
        Assert.Empty(folder.Files);
    }

    [Fact]
    public void A_missing_folder_is_named()
    {
        using var folder = new TemporaryFolder();
        var error = Assert.Throws<InputException>(() => AtomicFile.Write(folder["none/a"], _ => { }));
        Assert.Contains($"the folder {folder["none"]} does not exist", error.Message);
    }
}
