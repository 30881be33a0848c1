"""The settings of the upstream and of what is shown to it; the others stand in `relay.settings.fields`."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from relay.settings.addresses import read_base_url, read_https_origin
from relay.settings.marks import Alias, File, Secret, Switch, Word
from relay.settings.values import one_of, read_entra_name, read_scope, read_text, read_word


class UpstreamFields(BaseSettings):
    """The first half of `relay.settings.fields.Settings`."""

    model_config = SettingsConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, validate_default=False
    )

    # --- the upstream -----------------------------------------------------------------------------------
    azure_openai_base_url: Annotated[
        str | None, BeforeValidator(read_base_url), Alias("AZURE_OPENAI_ENDPOINT")
    ] = Field(
        default=None,
        description="Address of the Azure OpenAI resource; a bare host and any path below /openai will do.",
        examples=["https://<resource>.openai.azure.com"],
    )
    azure_openai_deployment: Annotated[
        str, BeforeValidator(read_word), Alias("AZURE_OPENAI_DEPLOYMENT_NAME")
    ] = Field(default="gpt-realtime", description="Name of the realtime deployment; case matters.")
    azure_openai_transcription_deployment: Word = Field(
        default=None,
        description="Deployment that transcribes what the caller says; unset: no transcript of the caller.",
        examples=["gpt-4o-mini-transcribe"],
    )
    relay_upstream: Annotated[
        Literal["auto", "azure", "simulator"], BeforeValidator(one_of("auto", "azure", "simulator"))
    ] = Field(
        default="auto",
        description="Where calls go: azure, simulator, or auto (the simulator when there is no base URL).",
    )
    azure_region: Annotated[str | None, BeforeValidator(read_text)] = Field(
        default=None,
        description="Accepted and not used: only the preview API needed a region.",
        examples=["eastus2"],
    )

    # --- the credential ---------------------------------------------------------------------------------
    azure_openai_api_key: Secret = Field(
        default=None,
        description="API key of the resource; if set, it is used rather than Entra ID.",
        examples=["<key>"],
    )
    azure_openai_api_key_file: File = Field(
        default=None,
        description="File that holds the API key, instead of AZURE_OPENAI_API_KEY.",
        examples=["/run/secrets/azure_openai_api_key"],
    )
    azure_tenant_id: Annotated[str | None, BeforeValidator(read_entra_name)] = Field(
        default=None,
        description="Entra ID tenant; with the next two: a service principal.",
        examples=["<tenant id>"],
    )
    azure_client_id: Annotated[str | None, BeforeValidator(read_entra_name)] = Field(
        default=None,
        description="Application id; alone: the user-assigned managed identity to use.",
        examples=["<application id>"],
    )
    azure_client_secret: Secret = Field(
        default=None,
        description="Application secret of the service principal.",
        examples=["<application secret>"],
    )
    azure_client_secret_file: File = Field(
        default=None,
        description="File that holds the application secret, instead of AZURE_CLIENT_SECRET.",
        examples=["/run/secrets/azure_client_secret"],
    )
    azure_openai_scope: Annotated[str, BeforeValidator(read_scope)] = Field(
        default="https://ai.azure.com/.default",
        description="Scope of the access token; some resources want https://cognitiveservices.azure.com/.default.",
    )
    azure_authority_host: Annotated[str, BeforeValidator(read_https_origin)] = Field(
        default="https://login.microsoftonline.com",
        description="Where Entra ID issues access tokens; another host in sovereign and private clouds.",
    )
    azure_instance_discovery: Switch = Field(
        default=True,
        description="Whether Entra ID's authority is verified with Microsoft; off in private clouds.",
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take only what `load_settings` found: pydantic's own sources cannot say in which line it stood."""
        del settings_cls, env_settings, dotenv_settings, file_secret_settings
        return (init_settings,)
