using VaeCf.Native.Recommenders;
using VaeCf.Native.Tests.Training;

namespace VaeCf.Native.Tests.Recommenders;

public class CatalogTests
{
    private static ModelType Type(string name) => new()
    {
        Name = name,
        Title = name,
        Summary = "Of a test.",
        Citation = "none",
        Settings = [],
        Fit = (_, _, _) => throw new NotSupportedException(),
        Load = (_, _) => throw new NotSupportedException(),
    };

    [Fact]
    public void A_model_added_twice_is_there_once_and_is_found()
    {
        ModelType added = Type("added-by-a-test");
        Catalog.Add(added);
        Catalog.Add(added, MultVae.Type);
        Assert.Same(added, Assert.Single(Catalog.All, type => type.Name == added.Name));
        Assert.Same(added, Catalog.Find(added.Name));
        Assert.Same(MultVae.Type, Assert.Single(Catalog.All, type => type.Name == "multvae"));
    }

    [Fact]
    public void Another_model_of_the_same_name_is_refused()
    {
        int before = Catalog.All.Count(type => type.Name == "multvae");
        Assert.Contains("there are two models named 'multvae'; expected different names",
            Assert.Throws<ArgumentException>("types", () => Catalog.Add(Type("multvae"))).Message);
        Assert.Equal(before, Catalog.All.Count(type => type.Name == "multvae"));
    }

    [Fact]
    public void A_name_that_no_model_has_is_refused_and_the_names_listed() =>
        Assert.StartsWith("found the model 'vae'; expected one of multvae, multdae, vamp, hvamp, recvae",
            Assert.Throws<InputException>(() => Catalog.Find("vae")).Message);

    [Fact]
    public void Every_autoencoder_is_there_with_a_paper_and_defaults_that_go_together()
    {
        Assert.Equal(Small.Models, Catalog.All.Take(5).Select(type => type.Name));
        Assert.All(Catalog.All.Take(5), type =>
        {
            type.Defaults.Check();
            Assert.Contains("arXiv", type.Citation);
            Assert.EndsWith(".", type.Summary);
            Assert.All(type.Settings, setting => Assert.EndsWith(".", setting.Meaning));
            Assert.Equal(type.Settings.Count, type.Settings.Select(setting => setting.Option).Distinct().Count());
            Assert.Equal(type.Name, type.ToString());
        });
    }
}
