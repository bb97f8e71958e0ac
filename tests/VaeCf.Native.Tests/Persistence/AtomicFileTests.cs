using System.Net.Sockets;
using System.Text;
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
        Exception Thrown(Exception failure) => Assert.ThrowsAny<Exception>(() => AtomicFile.Write(folder["a"], stream =>
        {
            stream.Write("new"u8);
            throw failure;
        }));
        var cancelled = new OperationCanceledException();
        Assert.Same(cancelled, Thrown(cancelled));
        Assert.Equal($"{folder["a"]}: cannot be written: why", Thrown(new IOException("why")).Message);
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

    [Fact]
    public void A_link_is_followed_and_stays_a_link()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["real"]);
        Directory.CreateSymbolicLink(folder["there"], folder["real"]);
        File.CreateSymbolicLink(folder["second"], Path.Combine("there", "..", "first"));
        File.CreateSymbolicLink(folder["first"], Path.Combine("there", "file"));
        // The first time its end is missing, the second time it is there.
        foreach (string text in new[] { "new", "newer" })
        {
            AtomicFile.Check(folder["second"]);
            AtomicFile.Write(folder["second"], stream => stream.Write(Encoding.UTF8.GetBytes(text)));
            Assert.Equal(text, File.ReadAllText(folder["real/file"]));
        }
        Assert.Equal(Path.Combine("there", "file"), new FileInfo(folder["first"]).LinkTarget);
        Assert.Equal(Path.Combine("there", "..", "first"), new FileInfo(folder["second"]).LinkTarget);
        Assert.Single(Directory.GetFileSystemEntries(folder["real"]));
        Assert.Equal(AtomicFile.RealPath(folder["real/file"]), AtomicFile.RealPath(folder["second"]));
    }

    [Fact]
    public void Links_in_a_circle_are_refused()
    {
        using var folder = new TemporaryFolder();
        File.CreateSymbolicLink(folder["a"], folder["b"]);
        File.CreateSymbolicLink(folder["b"], folder["a"]);
        Assert.StartsWith($"{folder["a"]}: found more than 40 symbolic links",
            Assert.Throws<InputException>(() => AtomicFile.Write(folder["a"], _ => { })).Message);
    }

    [Fact]
    public void What_is_no_regular_file_is_refused_and_stays()
    {
        using var folder = new TemporaryFolder();
        foreach (string path in SpecialFiles.Make(folder))
        {
            Assert.False(AtomicFile.IsRegular(path));
            File.CreateSymbolicLink(folder["link"], path);
            foreach (string given in new[] { path, folder["link"] })
            {
                Assert.Equal($"{given}: found a device, a pipe or a socket; expected a regular file, or none: "
                    + "only regular files are written",
                    Assert.Throws<InputException>(() => AtomicFile.Check(given)).Message);
                Assert.Throws<InputException>(() => AtomicFile.Write(given, _ => Assert.Fail()));
            }
            Assert.False(AtomicFile.IsRegular(path));
            File.Delete(folder["link"]);
        }
    }

    [Fact]
    public void A_socket_is_no_regular_file_and_an_empty_file_is()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["empty"], "");
        Assert.True(AtomicFile.IsRegular(folder["empty"]));
        Assert.False(AtomicFile.IsRegular(folder["none"]));
        if (OperatingSystem.IsWindows())
            return;
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(folder["socket"]));
        Assert.False(AtomicFile.IsRegular(folder["socket"]));
    }

    [Fact]
    public void The_permissions_of_a_replaced_file_stay()
    {
        if (OperatingSystem.IsWindows())
            return;
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["a"], "old");
        foreach (UnixFileMode mode in new[] { UnixFileMode.UserRead | UnixFileMode.UserWrite,
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupWrite | UnixFileMode.OtherRead })
        {
            File.SetUnixFileMode(folder["a"], mode);
            AtomicFile.Write(folder["a"], stream => stream.Write("new"u8));
            Assert.Equal(mode, File.GetUnixFileMode(folder["a"]));
        }
        File.WriteAllText(folder["as usual"], "");
        AtomicFile.Write(folder["b"], stream => stream.Write("new"u8));
        Assert.Equal(File.GetUnixFileMode(folder["as usual"]), File.GetUnixFileMode(folder["b"]));
    }

    [Fact]
    public void An_immutable_file_is_found_before_any_work_and_stays()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["a"], "old");
        SpecialFiles.WhileImmutable(folder["a"], () =>
        {
            Assert.Equal($"{folder["a"]}: cannot be written: the file is marked as one that must not be changed",
                Assert.Throws<InputException>(() => AtomicFile.Check(folder["a"])).Message);
            Assert.Throws<InputException>(() => AtomicFile.Write(folder["a"], stream => stream.Write("new"u8)));
            Assert.Equal("old", File.ReadAllText(folder["a"]));
            Assert.Equal(["a"], folder.Files);
        });
    }

    [Fact]
    public void A_full_disk_is_called_so_and_keeps_the_old_file()
    {
        using var folder = new TemporaryFolder();
        SpecialFiles.OnSmallDisk(folder, 64, disk =>
        {
            string path = Path.Combine(disk, "a");
            AtomicFile.Write(path, stream => stream.Write("old"u8));
            Assert.Equal($"{path}: cannot be written: the disk is full", Assert.Throws<InputException>(
                () => AtomicFile.Write(path, stream => stream.Write(new byte[200_000]))).Message);
            Assert.Equal("old", File.ReadAllText(path));
            Assert.Single(Directory.GetFiles(disk));
        });
    }
}
